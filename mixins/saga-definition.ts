import type { ActionContract } from "../contracts/contract.ts";
import type { Transaction } from "./store.ts";

/**
 * What a step makes of the state: its fields are merged in. `again` saves the state and runs the step once more, at once
 * or at `notBefore`: work in chunks, or waiting.
 */
export type StepResult<S> = Partial<S> & { again?: boolean; notBefore?: Date };

/** One step of a saga. */
export interface SagaStep<S> {
	/** unique in its saga; part of the ids of the commands that the step sends */
	name: string;
	/**
	 * Does the step. May run again after a crash, so everything it does goes through `run.call` or `run.commit`, which take
	 * effect once for saga, step and chunk. Before the pivot a problem with a 4xx status means that the saga cannot be done,
	 * and what was done is taken back, beginning with this very step; a 409 `conflict`, a 429 and everything else mean that
	 * it should be tried again.
	 */
	// biome-ignore lint/suspicious/noConfusingVoidType: a step that changes no state returns nothing
	run(run: SagaRun<S>): Promise<StepResult<S> | void>;
	/** Takes the step back, whether all of it was done, a part, or nothing; idempotent likewise. */
	// biome-ignore lint/suspicious/noConfusingVoidType: likewise
	undo?(run: SagaRun<S>): Promise<StepResult<S> | void>;
	/** After this step there is only forward. */
	pivot?: boolean;
}

/** A kind of saga: its steps in their order. */
export interface SagaDefinition<S> {
	/** such as `customer.merge` */
	type: string;
	steps: readonly SagaStep<S>[];
	/** what `GET /api/sagas/:id` shows of the state as `result` */
	result?(state: S): object | null;
	/** for how long it is tried before the pivot, ms; without end unless told */
	deadlineMs?: number;
}

/** What a step works with. */
export interface SagaRun<S> {
	readonly id: string;
	readonly tenantId: string;
	readonly state: Readonly<S>;
	/** 1 for the first try of this step, one more after each failure */
	readonly attempt: number;
	/** how many times the step has asked to be run again */
	readonly chunk: number;
	readonly now: Date;
	/** aborted when the process stops or the step takes too long */
	readonly signal: AbortSignal;
	/**
	 * Calls an `internal` action with the command id `<sagaId>:<step>[:undo][:<chunk>]` (and `key`, where one step calls
	 * one action several times) and the saga's id as correlation id.
	 */
	call<P, R>(contract: ActionContract<P, R>, params: P, key?: string): Promise<R>;
	/** The saga's own service's transaction under the same command id, as whoever started the saga. */
	commit<R>(work: (tx: Transaction) => Promise<R>): Promise<R>;
}
