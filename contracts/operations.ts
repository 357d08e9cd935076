import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

const DEAD_LETTER = {
	id: Type.String(),
	/** the consumer group that could not handle the event */
	group: Type.String(),
	tenantId: Id,
	/** the event's type, such as `ticket.created` */
	type: Type.String(),
	/** what the event is about, such as `ticket/<id>` */
	subject: Type.String(),
	/** the text of the last failure */
	error: Type.String(),
	attempts: Type.Integer(),
	firstFailedAt: Instant,
	lastFailedAt: Instant,
};

const DeadLetterView = Type.Object(DEAD_LETTER);
export type DeadLetterShape = Static<typeof DeadLetterView>;

const DeadLetterWithEvent = Type.Object({
	...DEAD_LETTER,
	/** the event as its consumers get it */
	event: Type.Object({}, { additionalProperties: true }),
});

export const DEAD_LETTER_LIST = {
	filters: {
		group: { type: "string", operators: ["eq"] },
		tenant: { type: "id", operators: ["eq"] },
	},
	sorts: [],
	defaultSort: "id",
	cursorOnly: true,
} satisfies ListSpec;

const OPERATORS = { access: "operations.manage", alsoPlatform: true } as const;

export const listDeadLetters = defineList({
	name: "gateway.listDeadLetters",
	...OPERATORS,
	rest: "GET /operations/dead-letters",
	summary: "List events that a consumer gave up",
	description:
		"Oldest first. An event is given up after its last retry; what came later for the same subject has gone on without " +
		"it. The platform's credential sees those of all tenants, which `tenant` narrows down.",
	list: DEAD_LETTER_LIST,
	item: DeadLetterView,
});

const ById = strict({ id: Type.String({ maxLength: 64 }) });

export const getDeadLetter = defineAction({
	name: "gateway.getDeadLetter",
	...OPERATORS,
	rest: "GET /operations/dead-letters/:id",
	summary: "Show an event that a consumer gave up",
	path: ById,
	result: DeadLetterWithEvent,
});

export const replayDeadLetter = defineAction({
	name: "gateway.replayDeadLetter",
	...OPERATORS,
	rest: "POST /operations/dead-letters/:id/replay",
	summary: "Hand an event that was given up to its consumer again",
	description: "It gets all its retries again. Its effect happens once, however often it is handed over.",
	path: ById,
	result: DeadLetterView,
});

export const discardDeadLetter = defineAction({
	name: "gateway.discardDeadLetter",
	...OPERATORS,
	rest: "DELETE /operations/dead-letters/:id",
	summary: "Give up an event for good",
	path: ById,
	result: DeadLetterView,
});

export const listEventGroups = defineAction({
	name: "gateway.listEventGroups",
	access: "platform",
	rest: "GET /operations/event-groups",
	summary: "Show how far behind the consumers of events are",
	result: Type.Object({
		data: Type.Array(
			Type.Object({
				group: Type.String(),
				/** every event up to here is handled, parked or given up */
				position: Type.Integer(),
				/** the newest event */
				head: Type.Integer(),
				/** events of the group's types behind `position` */
				lag: Type.Integer(),
				/** events that wait for a retry, or behind one */
				parked: Type.Integer(),
				dead: Type.Integer(),
				/** whether a live process consumes the group */
				active: Type.Boolean(),
				/** when the oldest event was recorded that has still to be handled; null where none waits */
				oldestAt: Nullable(Instant),
			}),
		),
	}),
});

export const READ_MODELS = ["dashboard", "search"] as const;

export const rebuildReadModel = defineAction({
	name: "gateway.rebuildReadModel",
	...OPERATORS,
	rest: "POST /operations/rebuild",
	summary: "Make a read model anew from what the services hold",
	description:
		"The old one serves meanwhile. Within a tenant only that tenant's `dashboard` is made anew; `search` is one index " +
		"for all tenants and for the platform's credential only. The answer comes when it is done or after a few seconds, " +
		"whichever is first: `status` says which. While another rebuild of the same runs: 409.",
	body: strict({
		what: Words(READ_MODELS),
		/** only this tenant's dashboard: for the platform's credential */
		tenantId: Type.Optional(Id),
	}),
	result: Type.Object({
		what: Words(READ_MODELS),
		status: Words(["done", "running"]),
		/** what was found, in numbers; null while it runs */
		outcome: Nullable(Type.Record(Type.String(), Type.Unknown())),
	}),
	status: 202,
});

/** Every action for operators that a client can call. */
export const operationsContracts = [
	listDeadLetters,
	getDeadLetter,
	replayDeadLetter,
	discardDeadLetter,
	listEventGroups,
	rebuildReadModel,
];
