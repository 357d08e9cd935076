import { HOUR } from "../../support/sla-lab.ts";
import { at, type Case, see } from "./case.ts";

/** The first answer: what is one, and whether it came in time. */
export const FIRST_RESPONSE: readonly Case[] = [
	{
		name: "nothing happened yet",
		script: [
			[
				"09:30",
				see("first_response", {
					state: "active",
					elapsedSec: 1800,
					remainingSec: 1800,
					dueAt: at("10:00"),
					atRiskAt: at("09:48"),
				}),
			],
		],
	},
	{ name: "at risk from the instant on", script: [["09:48", see("first_response", { state: "at_risk" })]] },
	{
		name: "answered at the very end",
		script: [
			["10:00", "agent"],
			[
				"10:30",
				see("first_response", { state: "fulfilled", fulfilledAt: at("10:00"), breached: false, elapsedSec: HOUR }),
			],
		],
	},
	{
		name: "answered a second late",
		script: [
			["10:00:01", "agent"],
			[
				"10:30",
				see("first_response", {
					state: "breached",
					breached: true,
					breachedAt: at("10:00"),
					breachedBySec: 1,
					elapsedSec: HOUR + 1,
				}),
			],
		],
	},
	{
		name: "never answered",
		script: [["12:00", see("first_response", { state: "breached", breachedAt: at("10:00"), breachedBySec: 2 * HOUR })]],
	},
	{
		name: "the whole is as bad as its worst part",
		script: [["10:30", see("overall", { state: "breached", nextMetric: "resolution", nextBreachAt: at("17:00") })]],
	},
	{
		name: "the next thing due is the first response",
		script: [["09:10", see("overall", { state: "active", nextMetric: "first_response", nextBreachAt: at("10:00") })]],
	},
	{
		name: "a note is no answer",
		script: [
			["09:20", "note"],
			["09:30", see("first_response", { state: "active" })],
		],
	},
	{
		name: "an integration's public reply is an answer",
		script: [
			["09:20", "service"],
			["09:30", see("first_response", { state: "fulfilled", elapsedSec: 1200 })],
		],
	},
	{
		name: "what an agent records for the customer is no answer",
		script: [
			["09:20", "asCustomer"],
			["09:30", see("first_response", { state: "active" })],
		],
	},
	{
		name: "the customer's second message changes nothing",
		script: [
			["09:20", "customer"],
			["09:30", see("first_response", { state: "active", dueAt: at("10:00") })],
		],
	},
	{
		name: "nobody waits for a next response before the first",
		script: [
			["09:20", "customer"],
			["09:30", see("next_response", null)],
		],
	},
	{
		name: "opened by staff with a message: nobody waits yet",
		byAgent: true,
		script: [["09:30", see("first_response", null)]],
	},
	{
		name: "opened by staff: it counts from what the customer says",
		byAgent: true,
		script: [
			["09:30", "customer"],
			[
				"09:40",
				see("first_response", { state: "active", startedAt: at("09:30"), dueAt: at("10:30"), elapsedSec: 600 }),
			],
		],
	},
	{
		name: "opened by staff: the resolution counts from the beginning",
		byAgent: true,
		script: [["09:30", see("resolution", { state: "active", startedAt: at("09:00"), elapsedSec: 1800 })]],
	},
	{
		name: "opened by staff, written again: that is no first response",
		byAgent: true,
		script: [
			["09:10", "agent"],
			["09:30", "customer"],
			["09:40", see("first_response", null)],
		],
	},
	{
		name: "opened by staff, written again: the customer waits for the next",
		byAgent: true,
		script: [
			["09:10", "agent"],
			["09:30", "customer"],
			["09:40", see("next_response", { state: "active", startedAt: at("09:30") })],
		],
	},
];
