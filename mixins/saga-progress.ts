import type { Static } from "typebox";
import type { EventContract } from "../contracts/event-contract.ts";
import {
	type SagaData,
	type SagaViewShape,
	sagaCompensated,
	sagaCompleted,
	sagaFailed,
	sagaStepCompleted,
} from "../contracts/sagas.ts";
import { isProblem } from "../lib/problem.ts";
import type { Saga, SagaError, SagaLogEntry } from "../models/saga.ts";
import type { SagaDefinition, StepResult } from "./saga-definition.ts";

export type AnyDefinition = SagaDefinition<object>;

/** What a saga becomes, and the events that tell of it: with the step they are about, null for the saga as a whole. */
export interface Transition {
	after: Saga;
	events: { contract: EventContract<Static<typeof SagaData>>; step: string | null }[];
}

/** After so many failures of one step in a row a saga waits for an operator. */
export const MAX_ATTEMPTS = 10;

/** More of the log than anybody reads; what is older is dropped. */
const MAX_LOG = 200;

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 5 * 60_000;

/** How long to wait after a number of failures in a row, ms: doubled each time. Ten of them take about four minutes. */
export function retryDelayMs(failures: number): number {
	return Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
}

/** Conditions that pass by themselves: others were faster, or too many asked. */
const PASSING = new Set(["conflict", "customer_locked", "rate_limited"]);

/** Whether an error means that the step can never be done, so that the saga has to be given up. */
export function isRefusal(error: unknown): boolean {
	return isProblem(error) && error.code >= 400 && error.code < 500 && !PASSING.has(error.type);
}

/** An error as the saga keeps it. What is no problem may tell things that no client should read: only its kind is kept. */
export function sagaError(error: unknown, step: string): SagaError {
	if (isProblem(error)) return { code: error.type, detail: error.message, step };
	const { type } = error as { type?: unknown };
	const code = typeof type === "string" && type !== "" ? type.toLowerCase() : "internal";
	return { code, detail: "The step failed. The service's log says why.", step };
}

/** The name of the step that is done or undone next, null where the saga is over. */
export function currentStep(saga: Saga, definition: AnyDefinition): string | null {
	return saga.endedAt ? null : (definition.steps[saga.position]?.name ?? null);
}

function logged(saga: Saga, entry: SagaLogEntry): SagaLogEntry[] {
	return [...saga.log, entry].slice(-MAX_LOG);
}

const over = (saga: Saga, status: "completed" | "compensated", now: Date): Saga => ({
	...saga,
	status,
	endedAt: now,
	dueAt: undefined,
	claim: null,
});

function wakeAt(saga: Saga, notBefore: Date | undefined, now: Date): Date {
	if (!notBefore || notBefore <= now) return now;
	return saga.deadline && !saga.pivoted && saga.deadline < notBefore ? saga.deadline : notBefore;
}

function withState(saga: Saga, result: StepResult<object> | undefined): string {
	const { again, notBefore, ...changes } = result ?? {};
	return Object.keys(changes).length === 0 ? saga.state : JSON.stringify({ ...JSON.parse(saga.state), ...changes });
}

/** A part of a step is done, or it waits: it is run again. */
function again(before: Saga, result: StepResult<object>, now: Date): Transition {
	const dueAt = wakeAt(before, result.notBefore, now);
	const state = withState(before, result);
	return {
		after: { ...before, state, chunk: before.chunk + 1, attempts: 0, error: keptError(before), dueAt },
		events: [],
	};
}

/** Going back, the reason for it stays; going on, what went wrong on the way is forgotten. */
const keptError = (saga: Saga) => (saga.direction === "back" ? saga.error : null);

/** The present step was done, or taken back. */
export function stepDone(
	before: Saga,
	definition: AnyDefinition,
	result: StepResult<object> | undefined,
	now: Date,
): Transition {
	if (result?.again) return again(before, result, now);
	const step = definition.steps[before.position];
	if (!step) throw new Error(`the saga ${before._id} has no step ${before.position}`);
	const fresh = { state: withState(before, result), chunk: 0, attempts: 0, error: keptError(before), dueAt: now };
	if (before.direction === "back") {
		const log = logged(before, { step: step.name, outcome: "undone", at: now });
		return backFrom({ ...before, ...fresh, log, position: before.position - 1 }, definition, now);
	}
	const log = logged(before, { step: step.name, outcome: "done", at: now });
	const pivoted = before.pivoted || step.pivot === true;
	const after: Saga = { ...before, ...fresh, log, pivoted, position: before.position + 1 };
	const events: Transition["events"] = [{ contract: sagaStepCompleted, step: step.name }];
	if (after.position < definition.steps.length) return { after, events };
	return { after: over(after, "completed", now), events: [...events, { contract: sagaCompleted, step: null }] };
}

/** All that was left to do was done at once, by somebody else than the saga's steps. */
export function finished(before: Saga, definition: AnyDefinition, now: Date): Transition {
	const log = logged(before, { step: definition.steps.at(-1)?.name ?? "", outcome: "done", at: now });
	const after = { ...before, log, position: definition.steps.length, chunk: 0, attempts: 0, error: null };
	return { after: over(after, "completed", now), events: [{ contract: sagaCompleted, step: null }] };
}

/** Going back, from a position on: steps that cannot be taken back are passed over. */
function backFrom(saga: Saga, definition: AnyDefinition, now: Date): Transition {
	let { position } = saga;
	while (position >= 0 && !definition.steps[position]?.undo) position--;
	const after = { ...saga, position };
	if (position >= 0) return { after, events: [] };
	return { after: over(after, "compensated", now), events: [{ contract: sagaCompensated, step: null }] };
}

/** The saga cannot be done: it goes back, beginning with the step that was refused, of which parts may be done. */
function turnedRound(before: Saga, definition: AnyDefinition, error: SagaError, now: Date): Transition {
	const log = logged(before, {
		step: error.step,
		outcome: "refused",
		at: now,
		error: `${error.code}: ${error.detail}`,
	});
	const back = { status: "compensating", direction: "back", chunk: 0, attempts: 0, error, log, dueAt: now } as const;
	return backFrom({ ...before, ...back }, definition, now);
}

/** The present step failed: the saga tries again later, turns round, or waits for an operator. */
export function stepFailed(before: Saga, definition: AnyDefinition, cause: unknown, now: Date): Transition {
	const step = definition.steps[before.position]?.name ?? "";
	const error = sagaError(cause, step);
	if (before.direction === "forward" && !before.pivoted && isRefusal(cause))
		return turnedRound(before, definition, error, now);
	const attempts = before.attempts + 1;
	const isStuck = attempts >= MAX_ATTEMPTS;
	const outcome = isStuck ? "stuck" : "failed";
	const log = logged(before, { step, outcome, at: now, error: `${error.code}: ${error.detail}` });
	const after: Saga = { ...before, attempts, error, log, claim: null };
	if (isStuck)
		return { after: { ...after, status: "stuck", dueAt: undefined }, events: [{ contract: sagaFailed, step }] };
	return { after: { ...after, dueAt: new Date(now.getTime() + retryDelayMs(attempts)) }, events: [] };
}

/** The saga took longer than it may. Nothing where it may take longer, or is past the point of no return. */
export function pastDeadline(saga: Saga, definition: AnyDefinition, now: Date): Transition | null {
	if (!saga.deadline || saga.deadline > now || saga.pivoted || saga.direction === "back") return null;
	const step = definition.steps[saga.position]?.name ?? "";
	const error = { code: "deadline_exceeded", detail: "It took longer than it may.", step };
	return turnedRound(saga, definition, error, now);
}

/** A stuck saga after an operator let it go on. */
export function resumed(saga: Saga, definition: AnyDefinition, now: Date): Saga {
	const step = definition.steps[saga.position]?.name ?? "";
	const status = saga.direction === "back" ? "compensating" : "running";
	const log = logged(saga, { step, outcome: "resumed", at: now });
	return { ...saga, status, attempts: 0, log, dueAt: now, claim: null };
}

/** A saga as its readers see it. */
export function sagaView(saga: Saga, definition: AnyDefinition | undefined): SagaViewShape {
	const instant = (date: Date | null | undefined) => date?.toISOString() ?? null;
	return {
		id: saga._id,
		tenantId: saga.tenantId,
		version: saga.version,
		type: saga.type,
		subject: saga.subject,
		status: saga.status,
		step: definition ? currentStep(saga, definition) : null,
		attempts: saga.attempts,
		startedAt: saga.createdAt.toISOString(),
		updatedAt: saga.updatedAt.toISOString(),
		endedAt: instant(saga.endedAt),
		nextAttemptAt: saga.claim === null ? instant(saga.dueAt) : null,
		deadline: instant(saga.deadline),
		error: saga.error,
		log: saga.log.map(({ at, ...entry }) => ({ ...entry, at: new Date(at).toISOString() })),
		result: (definition?.result?.(JSON.parse(saga.state)) as Record<string, unknown> | null | undefined) ?? null,
	};
}
