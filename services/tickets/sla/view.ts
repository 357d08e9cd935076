import type { InstanceView, SlaView } from "../../../contracts/sla-views.ts";
import type { ExplainedInstance } from "../../../contracts/ticket-sla.ts";
import type { SlaInstance, TicketSla } from "../../../models/ticket-sla.ts";
import { segments } from "./business-time.ts";
import { type Terms, usedBy } from "./promise-calculation.ts";
import { advance, isEnded, nextDue, openPause, overallState, promised, stateOf } from "./promise-states.ts";

/*
 * A ticket's clocks as their reader sees them: at the moment of the answer, which what is stored may be older than.
 */

const iso = (instant: Date | null) => instant?.toISOString() ?? null;

/** Fields that are there only where they say something. */
function endings(one: SlaInstance): Partial<InstanceView> {
	const { breachedAt, fulfilledAt, cancelledAt, cancelReason, waivedAt } = one;
	return {
		...(breachedAt ? { breachedAt: breachedAt.toISOString() } : {}),
		...(fulfilledAt ? { fulfilledAt: fulfilledAt.toISOString() } : {}),
		...(cancelledAt ? { cancelledAt: cancelledAt.toISOString(), cancelReason: cancelReason ?? "" } : {}),
		...(waivedAt ? { waivedAt: waivedAt.toISOString() } : {}),
	};
}

function runningFields(one: SlaInstance, elapsedSec: number, target: number): Partial<InstanceView> {
	if (isEnded(one)) return {};
	const pause = openPause(one);
	return {
		remainingSec: Math.max(0, target - elapsedSec),
		...(pause ? { pausedSince: pause.from.toISOString(), pauseReason: pause.reason } : {}),
		...(one.neverOpens ? { flag: "calendar_never_opens" as const } : {}),
	};
}

/** One promise at an instant to which its clocks were advanced. `terms` are those that hold for it while it runs. */
export function instanceView(one: SlaInstance, terms: Terms | null, now: Date): InstanceView {
	const target = one.targetSec ?? 0;
	const elapsedSec = usedBy(one, terms, now);
	const late = isEnded(one) ? one.breachedBySec : Math.max(0, elapsedSec - target);
	return {
		state: stateOf(one, now),
		instanceNo: one.instanceNo,
		policyId: one.policyId,
		policyVersion: one.policyVersion,
		targetSec: target,
		elapsedSec,
		startedAt: one.startedAt.toISOString(),
		dueAt: iso(one.dueAt),
		atRiskAt: iso(one.atRiskAt),
		breached: one.breachedAt !== null,
		...runningFields(one, elapsedSec, target),
		...(one.breachedAt ? { breachedBySec: late } : {}),
		...endings(one),
	};
}

/** A ticket's promises for a reader; null where no policy holds for it. */
export function slaView(stored: TicketSla | null, terms: Terms | null, now: Date): SlaView | null {
	if (!stored || stored.policyId === null) return null;
	const sla = advance(stored, now);
	const next = nextDue(sla);
	return {
		policyId: stored.policyId,
		policyName: sla.policyName ?? "",
		policyVersion: sla.policyVersion ?? 0,
		calendarId: sla.calendarId ?? "",
		state: overallState(sla, now),
		nextBreachAt: iso(next?.at ?? null),
		nextMetric: next?.metric ?? null,
		metrics: Object.fromEntries(promised(sla).map((one) => [one.metric, instanceView(one, terms, now)])),
	};
}

/** The stretches of time that a promise is made of. `terms` are those that it goes or went by. */
export function explained(one: SlaInstance, terms: Terms | null, now: Date): ExplainedInstance["segments"] {
	if (!terms) return [];
	const end = one.fulfilledAt ?? one.cancelledAt ?? now;
	return segments(terms.time, one.startedAt, end, one.pauses).map(({ from, to, countedSec, why }) => ({
		from: from.toISOString(),
		to: to.toISOString(),
		countedSec,
		why,
	}));
}
