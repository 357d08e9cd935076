import { type Static, Type } from "typebox";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

/** One thing that happened. Names and titles are null for those who see the dashboard without names. */
export const Activity = Type.Object({
	/** the event's */
	id: Id,
	/** such as `ticket.solved` */
	type: Type.String(),
	at: Instant,
	actor: Type.Object({
		type: Words(["user", "customer", "system", "service", "apiToken"]),
		id: Type.String(),
		name: Nullable(Type.String()),
	}),
	/** what it happened to, such as `ticket/0190…` */
	subject: Type.String(),
	/** the ticket's subject, the article's title, or the name of the customer or person, as it is now */
	title: Nullable(Type.String()),
	ticket: Nullable(Type.Object({ id: Id, number: Type.Integer() })),
	/** what else the event says, by its type: ids, statuses, names of changed fields */
	details: Type.Record(Type.String(), Type.Unknown()),
});
export type ActivityShape = Static<typeof Activity>;

const list = defineList({
	name: "dashboard.listActivity",
	access: "dashboard.read",
	rest: "GET /dashboard/activity",
	summary: "What happened lately",
	description:
		"Newest first. `types` are types of events, comma separated; `subject` is such as `ticket/<id>`, or the id alone. " +
		"What happened to a ticket is found by those who may see the ticket as it is now. Rows are kept as long as the " +
		"tenant's `retention.eventDays` says.",
	list: {
		filters: {
			types: { type: "string", path: "type", operators: ["in"] },
			actorId: { type: "id", me: true },
			subject: { type: "string" },
			at: { type: "instant" },
		},
		sorts: ["at"],
		defaultSort: "-at",
	},
	item: Activity,
});

/** How fresh an answer of the dashboard is, and what it was narrowed by. */
export const Freshness = {
	/** everything that had happened by then is counted */
	asOf: Instant,
	/** how old that is in ms; null where it cannot be told */
	lagMs: Nullable(Type.Integer()),
	/** the event log cannot be asked: this is what was known last */
	stale: Type.Optional(Type.Boolean()),
	filtersApplied: Type.Record(Type.String(), Type.Unknown()),
};

/** A list with how fresh it is. */
export const listActivity = {
	...list,
	result: Type.Object({ ...(list.result as ReturnType<typeof Type.Object>).properties, ...Freshness }),
};

export const activityContracts = [listActivity];
