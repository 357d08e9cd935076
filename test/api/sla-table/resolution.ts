import { HOUR } from "../../support/sla-lab.ts";
import { at, type Case, nextDay, see, to } from "./case.ts";

/** Solving: what it ends, what pauses it, and being opened again. */
export const RESOLUTION: readonly Case[] = [
	{
		name: "solved by staff without a word",
		script: [
			["09:40", to("solved")],
			["10:30", see("first_response", { state: "fulfilled", fulfilledAt: at("09:40") })],
		],
	},
	{
		name: "solved by staff without a word, too late",
		script: [
			["10:30", to("solved")],
			["11:00", see("first_response", { state: "breached", fulfilledAt: at("10:30"), breachedBySec: 1800 })],
		],
	},
	{
		name: "solved by the customer",
		script: [
			["09:40", "customerSolves"],
			["10:30", see("first_response", { state: "cancelled", cancelledAt: at("09:40") })],
		],
	},
	{
		name: "solved by the customer: the resolution is kept",
		script: [
			["09:40", "customerSolves"],
			["10:30", see("resolution", { state: "fulfilled", fulfilledAt: at("09:40") })],
		],
	},
	{
		name: "all kept",
		script: [
			["09:30", "agent"],
			["10:00", to("solved")],
			["11:00", see("overall", { state: "met", nextBreachAt: null, nextMetric: null })],
		],
	},
	{
		name: "closed at once",
		script: [
			["09:30", to("closed")],
			["10:30", see("resolution", { state: "fulfilled", fulfilledAt: at("09:30") })],
		],
	},
	{
		name: "solved, later closed",
		script: [
			["09:30", to("solved")],
			["12:00", to("closed")],
			["13:00", see("resolution", { state: "fulfilled", fulfilledAt: at("09:30"), elapsedSec: 1800 })],
		],
	},
	{
		name: "pending pauses the resolution",
		script: [
			["09:30", { agent: { status: "pending" } }],
			[
				"11:00",
				see("resolution", {
					state: "paused",
					elapsedSec: 1800,
					remainingSec: 7.5 * HOUR,
					dueAt: null,
					pausedSince: at("09:30"),
					pauseReason: "pending",
				}),
			],
		],
	},
	{
		name: "on hold pauses the resolution",
		script: [
			["09:30", to("on_hold")],
			["11:00", see("resolution", { state: "paused", pauseReason: "on_hold" })],
		],
	},
	{
		name: "nothing but a pause",
		script: [
			["09:30", { agent: { status: "pending" } }],
			["11:00", see("overall", { state: "paused", nextBreachAt: null })],
		],
	},
	{
		name: "pending does not pause the first response",
		script: [
			["09:30", to("pending")],
			["10:30", see("first_response", { state: "breached", breachedAt: at("10:00") })],
		],
	},
	{
		name: "the customer's reply ends the pause",
		script: [
			["09:30", { agent: { status: "pending" } }],
			["11:30", "customer"],
			["12:00", see("resolution", { state: "active", elapsedSec: HOUR, dueAt: nextDay("11:00") })],
		],
	},
	{
		name: "the reply that ends the pause is waited for",
		script: [
			["09:30", { agent: { status: "pending" } }],
			["11:30", "customer"],
			["12:00", see("next_response", { state: "active", startedAt: at("11:30"), dueAt: at("13:30") })],
		],
	},
	{
		name: "an agent ends the pause",
		script: [
			["09:30", { agent: { status: "on_hold" } }],
			["10:30", to("open")],
			["11:00", see("resolution", { state: "active", elapsedSec: HOUR, dueAt: nextDay("10:00") })],
		],
	},
	{
		name: "one pause after the other",
		script: [
			["09:30", to("on_hold")],
			["10:00", to("pending")],
			["10:30", to("open")],
			["11:00", see("resolution", { elapsedSec: HOUR, dueAt: nextDay("10:00") })],
		],
	},
	{
		name: "solved while it is paused",
		script: [
			["09:30", { agent: { status: "pending" } }],
			["12:00", to("solved")],
			["13:00", see("resolution", { state: "fulfilled", elapsedSec: 1800, breached: false })],
		],
	},
	{
		name: "opened again: time in solved does not count",
		script: [
			["09:45", { agent: { status: "solved" } }],
			["10:15", "customer"],
			["10:30", see("resolution", { state: "active", elapsedSec: HOUR, dueAt: nextDay("09:30") })],
		],
	},
	{
		name: "opened again: the next response is owed",
		script: [
			["09:45", { agent: { status: "solved" } }],
			["10:15", "customer"],
			["10:30", see("next_response", { startedAt: at("10:15"), instanceNo: 1 })],
		],
	},
	{
		name: "opened again: the first response stays as it was",
		script: [
			["09:45", { agent: { status: "solved" } }],
			["10:15", "customer"],
			["12:30", see("first_response", { state: "fulfilled", elapsedSec: 2700 })],
		],
	},
	{
		name: "opened again by staff: nobody waits",
		script: [
			["09:45", { agent: { status: "solved" } }],
			["10:15", to("open")],
			["10:30", see("next_response", null)],
		],
	},
	{
		name: "solved twice",
		script: [
			["09:30", { agent: { status: "solved" } }],
			["10:30", to("open")],
			["11:00", to("solved")],
			["12:00", see("resolution", { state: "fulfilled", elapsedSec: HOUR, fulfilledAt: at("11:00") })],
		],
	},
];
