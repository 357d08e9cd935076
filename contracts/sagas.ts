import { type Static, type TObject, type TSchema, Type } from "typebox";
import type { ListParams, ListSpec, Page } from "../lib/list-query.ts";
import { type ActionContract, defineAction, strict } from "./contract.ts";
import { defineEvent } from "./event-contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

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
			count: Type.Optional(Type.Boolean()),
		}),
		result: Type.Object({
			data: Type.Array(SagaView),
			more: Type.Boolean(),
			/** only where it was asked for; no more than 10,001 */
			total: Type.Optional(Type.Integer()),
		}),
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

export const SAGA_LIST = {
	filters: {
		type: { type: "string", operators: ["eq", "in"] },
		status: { type: "string", values: SAGA_STATUSES, operators: ["eq", "in"] },
		subject: { type: "string", operators: ["eq", "in"] },
		tenant: { type: "id", operators: ["eq"] },
	},
	sorts: [],
	defaultSort: "-startedAt",
	cursorOnly: true,
} satisfies ListSpec;

const listed = defineList({
	name: "gateway.listSagas",
	access: "sagas.read",
	alsoPlatform: true,
	rest: "GET /sagas",
	summary: "List sagas",
	description:
		"What is done in several services, such as merging or erasing a customer, newest first. The platform's credential " +
		"sees those of all tenants, which `tenant` (an id) narrows down. Where a service that runs sagas does not answer, its " +
		"sagas are missing and the answer says `degraded: true` and which services are `missing`.",
	list: SAGA_LIST,
	item: SagaView,
});

/** A page of sagas, and whether those of some service are missing. */
export type SagaPage = Page<SagaViewShape> & { degraded: boolean; missing: string[] };

export const listSagas = {
	...listed,
	result: Type.Object({
		...(listed.result as TObject).properties,
		/** some service did not answer, so that its sagas are missing */
		degraded: Type.Boolean(),
		/** the names of those services */
		missing: Type.Array(Type.String()),
	}),
} as unknown as ActionContract<ListParams, SagaPage> & { list: ListSpec; item: TSchema };

const ById = strict({ id: Id });

export const getSaga = defineAction({
	name: "gateway.getSaga",
	access: "sagas.read",
	alsoPlatform: true,
	rest: "GET /sagas/:id",
	summary: "Show a saga",
	description:
		"Where it stands: `running`, `completed`, `compensating` (what was done is being taken back), `compensated`, or " +
		"`stuck` after ten failures of one step in a row, until somebody resumes it.",
	path: ById,
	result: SagaView,
});

export const resumeSaga = defineAction({
	name: "gateway.resumeSaga",
	access: "sagas.manage",
	alsoPlatform: true,
	rest: "POST /sagas/:id/resume",
	summary: "Let a stuck saga go on",
	description: "One that is not stuck answers 409 `invalid_transition`.",
	path: ById,
	result: SagaView,
});

/** Every action on sagas that a client can call. */
export const sagasContracts = [listSagas, getSaga, resumeSaga];
