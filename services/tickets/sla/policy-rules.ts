import type { Conditions } from "../../../contracts/conditions.ts";
import { type ProblemItem, validationFailed } from "../../../lib/problem.ts";
import type { AtRisk, PauseOn, SlaPolicy, Targets } from "../../../models/sla-policy.ts";
import { PRIORITY_ORDER, type TicketPriority } from "../../../models/ticket.ts";
import { SLA_METRICS } from "../../../models/ticket-sla.ts";
import { conditionProblems, holds, isUnconditional } from "../conditions.ts";
import { TICKET_FIELDS } from "../ticket-values.ts";

/*
 * What policies may say, and which of them holds for a ticket: pure rules.
 */

/** In place of a calendar's id: that of the ticket's group, and no calendar at all. */
export const GROUP_CALENDAR = "group";
export const ALWAYS = "always";

const DEFAULT_AT_RISK: AtRisk = { percent: 80 };

type Patched<T> = { [K in keyof T]?: T[K] | null | undefined };
/** What a request says of a policy; null clears, what is absent stays. */
export interface PolicyInput {
	name?: string;
	description?: string | null;
	position?: number;
	active?: boolean;
	isDefault?: boolean;
	conditions?: Partial<Conditions> | null;
	calendarId?: string;
	targets?: { [M in keyof Targets]?: Patched<Targets[M]> | null };
	pauseOn?: Patched<PauseOn> | null;
	atRisk?: AtRisk | null;
	effectiveFrom?: string | null;
}

type Content = Omit<SlaPolicy, "_id" | "tenantId" | "version" | "createdAt" | "updatedAt">;

const byPriority = <T>(make: (priority: TicketPriority) => T) =>
	Object.fromEntries(PRIORITY_ORDER.map((priority) => [priority, make(priority)])) as Record<TicketPriority, T>;

function patchedTargets(before: Targets, patch: PolicyInput["targets"]): Targets {
	const metrics = SLA_METRICS.map((metric) => {
		const wanted = patch?.[metric];
		const value = (priority: TicketPriority) => {
			if (wanted === null) return null;
			const target = wanted?.[priority];
			return target === undefined ? before[metric][priority] : target;
		};
		return [metric, byPriority(value)];
	});
	return Object.fromEntries(metrics) as Targets;
}

function patchedPauses(before: PauseOn, patch: PolicyInput["pauseOn"], unless: PauseOn): PauseOn {
	if (patch === null) return unless;
	const metrics = SLA_METRICS.map((metric) => {
		const wanted = patch?.[metric];
		return [metric, wanted === undefined ? before[metric] : [...new Set(wanted ?? unless[metric])]];
	});
	return Object.fromEntries(metrics) as PauseOn;
}

/** What pauses a policy's clocks unless it says otherwise. */
export function usualPauses(resolution: readonly string[]): PauseOn {
	return { first_response: [], next_response: [], resolution: [...resolution] };
}

/** A policy that says nothing yet. */
export function emptyPolicy(position: number, pauses: PauseOn): Content {
	const none = byPriority(() => null);
	return {
		...{ name: "", description: null, position, active: true, isDefault: false, effectiveFrom: null },
		conditions: { all: [], any: [] },
		calendarId: GROUP_CALENDAR,
		targets: { first_response: none, next_response: none, resolution: none },
		pauseOn: pauses,
		atRisk: DEFAULT_AT_RISK,
	};
}

/**
 * A policy with what a request says of it.
 * @param pauses what pauses its clocks where that is cleared
 * @throws 422 for conditions and targets that do not fit
 */
export function patchedPolicy<P extends Content>(before: P, input: PolicyInput, pauses: PauseOn): P {
	const { name, description, conditions, calendarId, effectiveFrom, atRisk } = input;
	const after: P = {
		...before,
		name: name === undefined ? before.name : name.trim(),
		description: description === undefined ? before.description : description,
		position: input.position ?? before.position,
		active: input.active ?? before.active,
		isDefault: input.isDefault ?? before.isDefault,
		conditions:
			conditions === undefined ? before.conditions : { all: conditions?.all ?? [], any: conditions?.any ?? [] },
		calendarId: calendarId ?? before.calendarId,
		targets: patchedTargets(before.targets, input.targets),
		pauseOn: patchedPauses(before.pauseOn, input.pauseOn, pauses),
		atRisk: atRisk === undefined ? before.atRisk : (atRisk ?? DEFAULT_AT_RISK),
		effectiveFrom:
			effectiveFrom === undefined ? before.effectiveFrom : effectiveFrom === null ? null : new Date(effectiveFrom),
	};
	const problems = [...conditionProblems(after.conditions, TICKET_FIELDS), ...targetProblems(after.targets)];
	if (problems.length > 0) throw validationFailed(problems);
	return after;
}

function targetProblems(targets: Targets): ProblemItem[] {
	return PRIORITY_ORDER.flatMap((priority) => {
		const [first, resolution] = [targets.first_response[priority], targets.resolution[priority]];
		if (first === null || resolution === null || first <= resolution) return [];
		const message = `The first response to ${priority} tickets must not be promised later than their resolution.`;
		return [{ pointer: `/targets/first_response/${priority}`, code: "target_order", message }];
	});
}

/** In the order in which policies are tried. */
export function inOrder(policies: readonly SlaPolicy[]): SlaPolicy[] {
	return [...policies].sort((a, b) => a.position - b.position || (a._id < b._id ? -1 : 1));
}

/**
 * The policy that holds for a ticket, or null: the first active one whose conditions hold, else the default one.
 * @param ask the ticket's values by field
 * @param createdAt the ticket's
 */
export function policyFor(
	policies: readonly SlaPolicy[],
	ask: (field: string) => unknown,
	createdAt: Date,
): SlaPolicy | null {
	const effective = inOrder(policies).filter(
		({ active, effectiveFrom }) => active && (effectiveFrom === null || effectiveFrom <= createdAt),
	);
	const matching = effective.find(
		({ conditions }) => !isUnconditional(conditions) && holds(conditions, ask, TICKET_FIELDS),
	);
	return matching ?? effective.find(({ isDefault }) => isDefault) ?? null;
}
