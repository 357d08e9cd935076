import { defineModel, type Entity } from "./model.ts";

export type SagaStatus = "running" | "completed" | "compensating" | "compensated" | "stuck";

/** Why a saga turned round, stopped or has to try again. `code` and `detail` are those of the problem, where it was one. */
export interface SagaError {
	code: string;
	detail: string;
	step: string;
}

/** What became of a step, in the order in which it happened. */
export interface SagaLogEntry {
	step: string;
	outcome: "done" | "refused" | "failed" | "undone" | "stuck" | "resumed";
	at: Date;
	error?: string | undefined;
}

/** Something done in several services, one step after the other, that goes on after any crash. */
export interface Saga extends Entity {
	type: string;
	/** what it is about, as in events: `customer/<id>` */
	subject: string;
	status: SagaStatus;
	/** which way it goes: on, or back through what was done */
	direction: "forward" | "back";
	/** the step to do or to undo next; as many as there are steps, or -1, at the end */
	position: number;
	/** how many parts of the present step are done, of one that works in chunks */
	chunk: number;
	/** a step was done after which there is only forward */
	pivoted: boolean;
	/** failures of the present step in a row */
	attempts: number;
	/** JSON */
	state: string;
	error: SagaError | null;
	log: SagaLogEntry[];
	/** when it is given up, before the pivot; null where it may take as long as it takes */
	deadline: Date | null;
	/** who started it, as events say it: JSON */
	actor: string;
	/** the trace in which it was started */
	traceparent: string | null;
	/** when somebody has to look at it next: the end of the lease while one works on it; absent once it is over or stuck */
	dueAt?: Date | undefined;
	/** names the claim of the process that works on it, null where none does */
	claim: string | null;
	/** somebody wants it to be looked at again, whatever it is to wait for */
	woken: boolean;
	endedAt: Date | null;
}

const required = (type: unknown) => ({ type, required: true });

/** Newest first, for a tenant and, for the platform, for all of them. */
const LISTED = [[], ["status"], ["type"], ["subject"]].flatMap((filter) =>
	[["tenantId"], []].map((whose): [Record<string, 1>, object] => [
		Object.fromEntries([...whose, ...filter, "createdAt", "_id"].map((field) => [field, 1])),
		{},
	]),
);

export const sagaModel = defineModel<Saga>(
	"sagas",
	{
		type: required(String),
		subject: required(String),
		status: required(String),
		direction: required(String),
		position: required(Number),
		chunk: required(Number),
		pivoted: required(Boolean),
		attempts: required(Number),
		state: required(String),
		error: { type: Object, default: null },
		log: { type: [Object], default: [] },
		deadline: { type: Date, default: null },
		actor: required(String),
		traceparent: { type: String, default: null },
		dueAt: { type: Date },
		claim: { type: String, default: null },
		woken: { type: Boolean, default: false },
		endedAt: { type: Date, default: null },
	},
	[
		...LISTED,
		// The service's own workers look for what is due in all tenants.
		[{ dueAt: 1, _id: 1 }, {}],
	],
);
