import type { InstanceView, SlaView } from "../../contracts/sla-views.ts";
import type { Client } from "../support/desk.ts";
import { GOLD, HOUR, type SlaLab, startSlaLab } from "../support/sla-lab.ts";

/*
 * One Monday from nine to five in Berlin, as many tickets as there are cases: first response one hour, next response two,
 * resolution eight (urgent: four), pending and on hold pause the resolution.
 */

const DAY = "2026-03-30";
/** An instant of that day by Berlin's clock, which is two hours ahead. */
const at = (time: string) => {
	const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
	return new Date(Date.UTC(2026, 2, 30, hour - 2, minute, second)).toISOString();
};
const nextDay = (time: string) => at(time).replace(DAY, "2026-03-31");

type Metric = "first_response" | "next_response" | "resolution";
type Act =
	| "customer"
	| "agent"
	| "note"
	| "service"
	| "asCustomer"
	| "calm"
	| "delete"
	| "restore"
	| "customerSolves"
	| "waive"
	| { patch: object }
	| { agent: object }
	| { merge: true }
	| { see: Metric | "overall"; as: Partial<InstanceView> | Partial<SlaView> | null };

interface Case {
	name: string;
	open?: Record<string, unknown>;
	/** opened by staff with a message of its own */
	byAgent?: boolean;
	script: [string, Act][];
}

const see = (metric: Metric | "overall", as: Partial<InstanceView> | Partial<SlaView> | null): Act => ({
	see: metric,
	as,
});
const to = (status: string): Act => ({ patch: { status } });

const CASES: Case[] = [
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

let lab: SlaLab;
const ids = new Map<Case, string>();
const failures = new Map<Case, unknown>();

async function must(answer: ReturnType<Client>): Promise<void> {
	const { status, body } = await answer;
	if (status >= 300) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
}

async function act(id: string, what: Act): Promise<void> {
	const { owner, customer, tenant } = lab;
	const path = `/tickets/${id}`;
	if (typeof what === "object") {
		if ("patch" in what) return must(owner("PATCH", path, { body: what.patch }));
		if ("agent" in what) return lab.reply(id, what.agent as Record<string, unknown>);
		if ("merge" in what) {
			const target = await lab.open();
			return must(owner("POST", `${path}/merge`, { body: { targetId: target.id } }));
		}
		const { sla } = await lab.ticket(id);
		const seen = what.see === "overall" ? sla : (sla?.metrics[what.see] ?? null);
		if (what.as === null) return expect(seen).toBeNull();
		return expect(seen).toMatchObject(what.as);
	}
	switch (what) {
		case "customer":
			return lab.reply(id, {}, customer);
		case "agent":
			return lab.reply(id);
		case "note":
			return lab.reply(id, { kind: "internal_note" });
		case "service":
			return lab.reply(id, {}, tenant.as.service);
		case "asCustomer":
			return lab.reply(id, { asCustomer: true });
		case "calm":
			return must(owner("POST", `${path}/no-reply-needed`));
		case "delete":
			return must(owner("DELETE", path));
		case "restore":
			return must(owner("POST", `${path}/restore`));
		case "customerSolves":
			return must(customer("PATCH", path, { body: { status: "solved" } }));
		case "waive":
			return must(owner("POST", `${path}/sla/waive`, { body: { metric: "first_response", reason: "Their fault" } }));
	}
}

beforeAll(async () => {
	lab = await startSlaLab(at("09:00"), GOLD);
	await must(
		lab.owner("POST", "/sla-policies", {
			body: {
				name: "Always",
				calendarId: "always",
				conditions: { all: [{ field: "tags", operator: "contains", value: "round-the-clock" }] },
				targets: { first_response: { high: 2 * HOUR } },
			},
		}),
	);
	for (const one of CASES) ids.set(one, (await lab.open(one.open, one.byAgent ? lab.owner : lab.customer)).id);
	const times = [...new Set(CASES.flatMap(({ script }) => script.map(([time]) => time)))];
	for (const time of times.sort((a, b) => at(a).localeCompare(at(b)))) {
		await lab.at(at(time));
		for (const one of CASES)
			for (const [when, what] of one.script)
				if (when === time && !failures.has(one))
					await act(ids.get(one) as string, what).catch((error: unknown) => failures.set(one, error));
	}
}, 170_000);
afterAll(() => lab?.desk.stop());

test.each(CASES.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
	if (failures.has(one)) throw failures.get(one);
	await lab.explained(ids.get(one) as string);
	expect(await lab.drift()).toBe(0);
});
