import type { AtRisk, PauseOn, Targets } from "../../../models/sla-policy.ts";
import type { SlaInstance, SlaMetric, SlaPause, TicketSla } from "../../../models/ticket-sla.ts";
import { before, due, elapsed } from "./business-time.ts";
import type { BusinessTime } from "./opening-table.ts";
import { isEnded, openPause } from "./promise-states.ts";

/*
 * The arithmetic of one promise: when it is due and at risk, what of it is used up, and when it stands still.
 */

/** What holds for a ticket: one version of a policy with one version of a calendar. Never changes. */
export interface Terms {
	id: string;
	policyId: string;
	policyVersion: number;
	policyName: string;
	calendarId: string;
	targets: Targets;
	pauseOn: PauseOn;
	atRisk: AtRisk;
	time: BusinessTime;
}

/** Statuses in which nothing is left to do. */
export const DONE: ReadonlySet<string> = new Set(["solved", "closed"]);

/** Stands for a status while a ticket is deleted. */
export const DELETED = "deleted";

/** The stretches from an instant on in which the ticket was in one of these statuses. */
function pausesIn(
	statuses: TicketSla["statuses"],
	words: ReadonlySet<string>,
	from: Date,
	end: Date | null,
): SlaPause[] {
	const pauses: SlaPause[] = [];
	for (const [index, { status, at }] of statuses.entries()) {
		if (!words.has(status)) continue;
		const until = statuses[index + 1]?.at ?? null;
		const begin = at < from ? from : at;
		const to = end !== null && (until === null || until > end) ? end : until;
		if (to !== null && to <= begin) continue;
		pauses.push({ from: begin, to, reason: status });
	}
	return pauses;
}

function pausingWords(metric: SlaMetric, terms: Terms | null): ReadonlySet<string> {
	const words = new Set([...(terms?.pauseOn[metric] ?? []), DELETED]);
	if (metric === "resolution") for (const one of DONE) words.add(one);
	return words;
}

function atRiskOf(one: SlaInstance, terms: Terms, target: number, dueAt: Date | null, pauses: SlaPause[]): Date | null {
	const { atRisk, time } = terms;
	if ("percent" in atRisk) return due(time, one.startedAt, Math.ceil((target * atRisk.percent) / 100), pauses);
	if (dueAt === null) return null;
	if (atRisk.secBefore >= target) return one.startedAt;
	return before(time, dueAt, atRisk.secBefore, pauses);
}

/** A promise by the terms that hold, from its start on: what was used up, and when it is due. */
export function calculated(
	one: SlaInstance,
	sla: TicketSla,
	terms: Terms | null,
	at: Date,
	target: number | null,
): SlaInstance {
	const end = one.fulfilledAt ?? one.cancelledAt;
	const pauses = pausesIn(sla.statuses, pausingWords(one.metric, terms), one.startedAt, end);
	const held = {
		...one,
		pauses,
		targetSec: target,
		termsId: terms?.id ?? null,
		policyId: terms?.policyId ?? null,
		policyVersion: terms?.policyVersion ?? null,
		calendarId: terms?.calendarId ?? null,
	};
	if (!terms || target === null)
		return { ...held, dueAt: null, remainingSec: null, atRiskAt: null, elapsedSec: 0, neverOpens: false };
	const { time } = terms;
	const elapsedSec = elapsed(time, one.startedAt, end ?? at, pauses);
	const open = openPause(held);
	const past = open ? pauses.slice(0, -1) : pauses;
	const dueAt = due(time, one.startedAt, target, past);
	const atRiskAt = atRiskOf(one, terms, target, dueAt, past);
	// A target that was used up before the pause is due, whatever the ticket waits for now.
	if (open && (dueAt === null || dueAt >= open.from))
		return {
			...held,
			elapsedSec,
			dueAt: null,
			remainingSec: Math.max(0, target - elapsedSec),
			atRiskAt: atRiskAt && atRiskAt <= open.from ? atRiskAt : null,
			neverOpens: dueAt === null,
		};
	return { ...held, elapsedSec, dueAt, remainingSec: null, atRiskAt, neverOpens: dueAt === null };
}

/** What has been used of a promise by an instant, in business seconds; what ended keeps what it had then. */
export function usedBy(one: SlaInstance, terms: Terms | null, now: Date): number {
	if (isEnded(one) || !terms || one.targetSec === null) return one.elapsedSec;
	return elapsed(terms.time, one.startedAt, now, one.pauses);
}
