import { type Static, Type } from "typebox";
import { defineAction, defineEvent, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";

export const SAGA_STATUSES = ["running", "completed", "compensating", "compensated", "stuck"] as const;

const SagaErrorView = Type.Object({
	code: Type.String(),
	detail: Type.String(),
	/** the step that failed */
	step: Type.String(),
});

/** Something done in several services, as its readers see it. */
export const SagaView = Type.Object({
	id: Id,
	tenantId: Id,
	version: Type.Integer(),
	type: Type.String(),
	/** what it is about, such as `customer/<id>` */
	subject: Type.String(),
	status: Words(SAGA_STATUSES),
	/** the step that is done or undone next; null once it is over */
	step: Nullable(Type.String()),
	/** failures of the present step in a row */
	attempts: Type.Integer(),
	startedAt: Instant,
	updatedAt: Instant,
	endedAt: Nullable(Instant),
	/** when somebody looks at it next, null where nobody will */
	nextAttemptAt: Nullable(Instant),
	deadline: Nullable(Instant),
	error: Nullable(SagaErrorView),
	log: Type.Array(
		Type.Object({
			step: Type.String(),
			outcome: Words(["done", "refused", "failed", "undone", "stuck", "resumed"]),
			at: Instant,
			error: Type.Optional(Type.String()),
		}),
	),
	result: Nullable(Type.Object({}, { additionalProperties: true })),
});
export type SagaViewShape = Static<typeof SagaView>;

/** What events say of a saga. Its id is also in the subject. */
export const SagaData = Type.Object({
	sagaId: Id,
	/** the saga's type, such as `customer.merge` */
	name: Type.String(),
	/** what it is about, such as `customer/<id>` */
	about: Type.String(),
	/** the step that the event is about, null at start and end */
	step: Nullable(Type.String()),
	error: Nullable(SagaErrorView),
});

const sagaEvent = (what: string, summary: string) =>
	defineEvent({ type: `saga.${what}`, aggregate: "saga", summary, data: SagaData });

export const sagaStarted = sagaEvent("started", "A saga was started.");
export const sagaStepCompleted = sagaEvent("step_completed", "A step of a saga was done.");
export const sagaCompleted = sagaEvent("completed", "All steps of a saga were done.");
export const sagaCompensated = sagaEvent("compensated", "A saga was given up, and what it had done was taken back.");
export const sagaFailed = sagaEvent("failed", "A saga is stuck and waits for an operator.");

/** The services that run sagas. */
export const SAGA_HOSTS = ["customers", "identity", "tickets"] as const;

/** The names of the actions that each host of sagas has, below its own name. */
export const SAGA_ACTIONS = { get: "getSaga", list: "listSagas", resume: "resumeSaga" } as const;

const OfTenant = { tenantId: Nullable(Id) };

/** A saga of this service, of the tenant named or, for null, of any; 404 where there is none. */
export const getSagaOf = (service: string) =>
	defineAction({
		name: `${service}.${SAGA_ACTIONS.get}`,
		access: "internal",
		summary: "A saga of this service",
		body: strict({ ...OfTenant, id: Id }),
		result: SagaView,
	});

/** Where a page of the list begins, newest first: behind or before the saga with this start and id. */
export const SagaPosition = strict({ createdAt: Instant, id: Id, direction: Words(["next", "prev"]) });

const SomeTexts = Type.Optional(Type.Array(Type.String({ maxLength: 100 }), { minItems: 1, maxItems: 20 }));

/** Sagas of this service in the order of their list, at most `limit` from a position on, and whether there are more. */
export const listSagasOf = (service: string) =>
	defineAction({
		name: `${service}.${SAGA_ACTIONS.list}`,
		access: "internal",
		summary: "The sagas of this service",
		body: strict({
			...OfTenant,
			type: SomeTexts,
			status: SomeTexts,
			subject: SomeTexts,
			limit: Type.Integer({ minimum: 1, maximum: 100 }),
			position: Type.Optional(SagaPosition),
		}),
		result: Type.Object({ data: Type.Array(SagaView), more: Type.Boolean() }),
	});

/** Lets a stuck saga of this service go on; 404 where there is none, 409 `invalid_transition` where it is not stuck. */
export const resumeSagaOf = (service: string) =>
	defineAction({
		name: `${service}.${SAGA_ACTIONS.resume}`,
		access: "internal",
		summary: "Let a stuck saga of this service go on",
		body: strict({ ...OfTenant, id: Id }),
		result: SagaView,
	});
