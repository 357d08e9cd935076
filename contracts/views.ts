import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList, Total } from "./list-contract.ts";
import { TICKET_LIST } from "./tickets.ts";
import { TicketView } from "./tickets-views.ts";

export const VIEW_SHARES = ["private", "group", "tenant"] as const;

const Scalar = Type.Union([
	Type.String({ maxLength: 1000 }),
	Type.Number(),
	Type.Boolean(),
	Type.Null(),
	Type.Array(Type.Union([Type.String({ maxLength: 255 }), Type.Number()]), { maxItems: 100 }),
]);

/**
 * The filters of `GET /tickets`: as its query string, or as an object of its parameters. A list means what repeating the
 * parameter or commas between the values mean there, null is `none`, and operators stand in the name or in an object:
 * `{"status": ["open", "pending"], "createdAt[gte]": "2026-01-01", "customFields": {"plan": "gold"}}`.
 */
const Filter = Type.Union([
	Type.String({ maxLength: 4000 }),
	Type.Record(
		Type.String({ maxLength: 160 }),
		Type.Union([
			Scalar,
			Type.Record(
				Type.String({ maxLength: 64 }),
				Type.Union([Scalar, Type.Record(Type.String({ maxLength: 16 }), Scalar)]),
			),
		]),
	),
]);

const Name = Type.String({ minLength: 1, maxLength: 255 });
const Description = Nullable(Type.String({ maxLength: 1000 }));
const Sort = Type.String({ minLength: 1, maxLength: 200 });
const Columns = Type.Array(Type.String({ minLength: 1, maxLength: 80 }), { maxItems: 50, uniqueItems: true });
const Position = Type.Integer({ minimum: 0, maximum: 1_000_000 });

/** A list of tickets that somebody keeps. */
export const SavedView = Type.Object({
	id: Id,
	version: Type.Integer(),
	name: Type.String(),
	description: Nullable(Type.String()),
	/** the parameters as the query string of `GET /tickets` has them; what is given several times is a list */
	filter: Type.Record(Type.String(), Type.Union([Type.String(), Type.Array(Type.String())])),
	sort: Type.String(),
	/** fields of a ticket to be shown, in this order; empty where that is left to the reader */
	columns: Type.Array(Type.String()),
	sharedWith: Words(VIEW_SHARES),
	groupId: Nullable(Id),
	/** where it stands among the others */
	position: Type.Integer(),
	createdBy: Nullable(Type.Object({ id: Id, name: Type.String() })),
	createdAt: Instant,
	updatedAt: Instant,
});
export type SavedViewShape = Static<typeof SavedView>;

const ById = strict({ id: Id });

export const VIEW_LIST = {
	filters: { sharedWith: { type: "string", values: VIEW_SHARES, operators: ["eq", "in"] } },
	sorts: ["position", "createdAt"],
	defaultSort: "position",
} satisfies ListSpec;

export const listViews = defineList({
	name: "tickets.listViews",
	access: "views.read",
	rest: "GET /views",
	summary: "Saved views of tickets",
	description:
		"The caller's own, those of the caller's groups (for supervisors and above: of all groups), and the tenant's.",
	list: VIEW_LIST,
	item: SavedView,
});

export const getView = defineAction({
	name: "tickets.getView",
	access: "views.read",
	rest: "GET /views/:id",
	summary: "Show a saved view",
	path: ById,
	result: SavedView,
});

export const createView = defineAction({
	name: "tickets.createView",
	access: "views.manage",
	rest: "POST /views",
	summary: "Save a view",
	description:
		"`filter` is what `GET /tickets` is asked with, as its query string or as an object of parameters, and is checked as " +
		"there; `me` is whoever looks. `sharedWith` is `private` (the default), `group` with a `groupId`, or `tenant`. Agents " +
		"share with their own groups, supervisors and above with anybody.",
	body: strict({
		name: Name,
		description: Type.Optional(Description),
		filter: Type.Optional(Filter),
		sort: Type.Optional(Sort),
		columns: Type.Optional(Columns),
		sharedWith: Type.Optional(Words(VIEW_SHARES)),
		groupId: Type.Optional(Nullable(Id)),
		position: Type.Optional(Position),
	}),
	result: SavedView,
	status: 201,
	headers: ({ id }) => ({ Location: `/api/views/${id}` }),
});

export const updateView = defineAction({
	name: "tickets.updateView",
	access: "views.manage",
	rest: ["PUT /views/:id", "PATCH /views/:id"],
	summary: "Change a saved view",
	description: "Whoever made it, and supervisors and above where it is shared. `filter` is replaced as a whole.",
	path: ById,
	body: strict({
		name: Type.Optional(Name),
		description: Type.Optional(Description),
		filter: Type.Optional(Nullable(Filter)),
		sort: Type.Optional(Nullable(Sort)),
		columns: Type.Optional(Nullable(Columns)),
		sharedWith: Type.Optional(Words(VIEW_SHARES)),
		groupId: Type.Optional(Nullable(Id)),
		position: Type.Optional(Position),
	}),
	result: SavedView,
	ifMatch: true,
});

export const deleteView = defineAction({
	name: "tickets.deleteView",
	access: "views.manage",
	rest: "DELETE /views/:id",
	summary: "Remove a saved view",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const listViewTickets = defineList({
	name: "tickets.listViewTickets",
	access: "views.read",
	rest: "GET /views/:id/tickets",
	summary: "The tickets of a saved view",
	description: "Those that the caller may see, in the order of the view unless `sort` names another.",
	path: ById,
	list: { ...TICKET_LIST, filters: {} },
	item: TicketView,
});

export const countView = defineAction({
	name: "tickets.countView",
	access: "views.read",
	rest: "GET /views/:id/count",
	summary: "How many tickets a saved view has for the caller",
	description: "Exact up to 10,000.",
	path: ById,
	result: Type.Object({ total: Total }),
});

/** Every action on saved views that a client can call. */
export const viewsContracts = [listViews, getView, createView, updateView, deleteView, listViewTickets, countView];
