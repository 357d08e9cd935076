import { HOUR } from "../../support/sla-lab.ts";
import { at, type Case, see } from "./case.ts";

/** What becomes of promises when the ticket changes. */
export const CHANGES: readonly Case[] = [
	{
		name: "more urgent: less time, the used stays",
		script: [
			["10:00", { patch: { priority: "urgent" } }],
			["10:30", see("resolution", { targetSec: 4 * HOUR, elapsedSec: 1.5 * HOUR, dueAt: at("13:00") })],
		],
	},
	{
		name: "more urgent when too much is used already",
		script: [
			["14:00", { patch: { priority: "urgent" } }],
			["14:00", see("resolution", { state: "breached", breachedAt: at("13:00") })],
		],
	},
	{
		name: "broken stays broken when there is more time again",
		open: { priority: "urgent" },
		script: [
			["14:00", { patch: { priority: "high" } }],
			["14:30", see("resolution", { state: "breached", breachedAt: at("13:00"), dueAt: at("17:00") })],
		],
	},
	{
		name: "deleted",
		script: [
			["09:30", "agent"],
			["10:00", "delete"],
			["10:30", "restore"],
			["11:00", see("resolution", { state: "active", elapsedSec: 1.5 * HOUR })],
		],
	},
	{
		name: "gone up in another",
		script: [
			["09:30", { merge: true }],
			["11:00", see("first_response", { state: "cancelled", cancelReason: "merged" })],
		],
	},
	{
		name: "gone up in another: not resolved",
		script: [
			["09:30", { merge: true }],
			["11:00", see("resolution", { state: "cancelled" })],
		],
	},
	{
		name: "forgiven",
		script: [
			["10:30", "waive"],
			["11:00", see("first_response", { state: "waived", breached: true, waivedAt: at("10:30") })],
		],
	},
	{
		name: "forgiven is not the worst part",
		script: [
			["10:30", "waive"],
			["11:00", see("overall", { state: "active" })],
		],
	},
	{
		name: "forgiven, and answered later",
		script: [
			["10:30", "waive"],
			["11:00", "agent"],
			["11:30", see("first_response", { state: "waived", fulfilledAt: at("11:00") })],
		],
	},
	{
		name: "other calendar by a tag",
		script: [
			["09:30", { patch: { tags: ["round-the-clock"] } }],
			["09:40", see("overall", { policyName: "Always", calendarId: "always" })],
		],
	},
	{
		name: "other calendar: start and used time stay",
		script: [
			["09:30", { patch: { tags: ["round-the-clock"] } }],
			["09:40", see("first_response", { startedAt: at("09:00"), elapsedSec: 2400, dueAt: at("11:00") })],
		],
	},
	{
		name: "nothing promised for the metric",
		script: [
			["09:30", { patch: { tags: ["round-the-clock"] } }],
			["09:40", see("resolution", null)],
		],
	},
	{
		name: "nothing promised at all",
		script: [
			["09:30", { patch: { priority: "low", tags: ["round-the-clock"] } }],
			["09:40", see("overall", { state: "none", metrics: {} })],
		],
	},
];
