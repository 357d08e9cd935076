import { at, type Case, see, to } from "./case.ts";

/** The answers after the first one. */
export const NEXT_RESPONSE: readonly Case[] = [
	{
		name: "waiting counts from the oldest message",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["10:20", "customer"],
			["11:10", "agent"],
			[
				"12:00",
				see("next_response", { state: "fulfilled", startedAt: at("10:00"), elapsedSec: 4200, breached: false }),
			],
		],
	},
	{
		name: "the next response is late",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["12:30", see("next_response", { state: "breached", breachedAt: at("12:00") })],
		],
	},
	{
		name: "the next response is counted on",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["10:10", "agent"],
			["10:20", "customer"],
			["10:30", see("next_response", { instanceNo: 2, state: "active", startedAt: at("10:20") })],
		],
	},
	{
		name: "no reply is needed",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["10:10", "calm"],
			["13:00", see("next_response", { state: "cancelled", cancelReason: "no_reply_needed" })],
		],
	},
	{
		name: "no reply is needed, until the next word",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["10:10", "calm"],
			["11:00", "customer"],
			["11:10", see("next_response", { state: "active", instanceNo: 2, startedAt: at("11:00") })],
		],
	},
	{
		name: "solving is no next response",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["10:10", to("solved")],
			["13:00", see("next_response", { state: "cancelled", cancelReason: "solved" })],
		],
	},
	{
		name: "a solving answer is one",
		script: [
			["09:30", "agent"],
			["10:00", "customer"],
			["10:10", { agent: { status: "solved" } }],
			["13:00", see("next_response", { state: "fulfilled", elapsedSec: 600 })],
		],
	},
];
