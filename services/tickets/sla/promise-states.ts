import type { SlaInstance, SlaMetric, SlaPause, SlaState, TicketSla } from "../../../models/ticket-sla.ts";

/*
 * What can be said of a ticket's promises as they are, and what time alone does to them.
 */

/** Whether a promise has come to its end; a solved ticket's may go on. */
export const isEnded = (one: SlaInstance) => one.fulfilledAt !== null || one.cancelledAt !== null;

/** The pause that a promise is in now, or null. */
export function openPause(one: SlaInstance): SlaPause | null {
	const last = one.pauses.at(-1);
	return last && last.to === null ? last : null;
}

/** The newest promise of a metric. */
export function instanceOf(sla: TicketSla, metric: SlaMetric): SlaInstance | undefined {
	return sla.instances.find((one) => one.metric === metric);
}

export type InstanceState = "active" | "paused" | "at_risk" | "breached" | "fulfilled" | "cancelled" | "waived";

/** The state of a promise at an instant to which its clocks were advanced. */
export function stateOf(one: SlaInstance, now: Date): InstanceState {
	if (one.waivedAt) return "waived";
	if (one.breachedAt) return "breached";
	if (one.fulfilledAt) return "fulfilled";
	if (one.cancelledAt) return "cancelled";
	if (openPause(one)) return "paused";
	return one.atRiskAt && one.atRiskAt <= now ? "at_risk" : "active";
}

const OVERALL: Record<InstanceState, SlaState> = {
	breached: "breached",
	at_risk: "at_risk",
	active: "active",
	paused: "paused",
	fulfilled: "met",
	waived: "met",
	cancelled: "none",
};

const WORST_FIRST: SlaState[] = ["breached", "at_risk", "active", "paused", "met"];

/** The promises that were made; clocks that run for nothing are not among them. */
export const promised = (sla: TicketSla) => sla.instances.filter(({ targetSec }) => targetSec !== null);

/** The worst state of all promises. */
export function overallState(sla: TicketSla | null, now: Date): SlaState {
	if (!sla || sla.policyId === null) return "none";
	const states = new Set(promised(sla).map((one) => OVERALL[stateOf(one, now)]));
	return WORST_FIRST.find((state) => states.has(state)) ?? "none";
}

/** The running promise that is due next: one that can still be kept before those that are broken already. */
export function nextDue(sla: TicketSla | null): { metric: SlaMetric; at: Date } | null {
	if (!sla || sla.policyId === null) return null;
	const running = promised(sla)
		.filter((one) => !isEnded(one) && one.waivedAt === null && one.dueAt !== null)
		.sort((a, b) => Number(a.breachedAt !== null) - Number(b.breachedAt !== null) || +(a.dueAt ?? 0) - +(b.dueAt ?? 0));
	const [first] = running;
	return first?.dueAt ? { metric: first.metric, at: first.dueAt } : null;
}

/** When something will happen to the clocks by itself, in UTC; null: never, unless somebody does something. */
export function nextMoment(sla: TicketSla): Date | null {
	const moments = promised(sla)
		.filter((one) => !isEnded(one))
		.flatMap((one) => [
			...(one.atRiskAt && !one.atRiskEventAt ? [one.atRiskAt.getTime()] : []),
			// It is broken when the instant has gone by, not when it has come.
			...(one.dueAt && !one.breachedAt ? [one.dueAt.getTime() + 1] : []),
		]);
	return moments.length === 0 ? null : new Date(Math.min(...moments));
}

/** What time alone does: promises come to be at risk and are broken, at the exact instants. */
export function advance(sla: TicketSla, now: Date): TicketSla {
	let changed = false;
	const instances = sla.instances.map((one) => {
		if (isEnded(one) || one.targetSec === null) return one;
		const risky = one.atRiskEventAt === null && one.atRiskAt !== null && one.atRiskAt <= now;
		const broken = one.breachedAt === null && one.dueAt !== null && one.dueAt < now;
		if (!risky && !broken) return one;
		changed = true;
		return {
			...one,
			...(risky ? { atRiskEventAt: one.atRiskAt } : {}),
			...(broken ? { breachedAt: one.dueAt } : {}),
		};
	});
	return changed ? { ...sla, instances } : sla;
}
