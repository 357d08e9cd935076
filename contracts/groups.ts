import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { patchOf } from "./identity-fields.ts";
import { defineList } from "./list-contract.ts";

const ById = Type.Object({ id: Id });

const assignmentFields = {
	strategy: Words(["manual", "round_robin", "load_balanced", "skill"]),
	maxOpenPerAgent: Type.Integer({ minimum: 1, maximum: 10_000 }),
	countStatuses: Type.Array(Words(["new", "open", "pending", "on_hold"]), { minItems: 1, uniqueItems: true }),
	considerAway: Type.Boolean(),
	fallback: Words(["unassigned", "away"]),
};

export const Assignment = strict(assignmentFields);

const GroupName = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const groupFields = {
	description: Type.Optional(Nullable(Type.String({ maxLength: 2000 }))),
	assignment: Type.Optional(Nullable(strict(patchOf(assignmentFields)))),
	/** the business hours of its tickets; null for the tenant's default calendar */
	calendarId: Type.Optional(Nullable(Id)),
};

export const GroupView = Type.Object({
	id: Id,
	name: Type.String(),
	description: Nullable(Type.String()),
	assignment: Assignment,
	calendarId: Nullable(Id),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type GroupView = Static<typeof GroupView>;

export const createGroup = defineAction({
	name: "identity.createGroup",
	access: "groups.manage",
	rest: "POST /groups",
	summary: "Make a group",
	body: strict({ name: GroupName, ...groupFields }),
	result: GroupView,
	status: 201,
	headers: (group) => ({ Location: `/api/groups/${group.id}` }),
});

export const GROUP_LIST = {
	filters: { name: { type: "string" }, createdAt: { type: "instant" } },
	sorts: ["name", "createdAt"],
	sortPaths: { name: "sortName" },
	defaultSort: "name",
} satisfies ListSpec;

export const listGroups = defineList({
	name: "identity.listGroups",
	access: "groups.read",
	rest: "GET /groups",
	summary: "List the groups",
	list: GROUP_LIST,
	item: GroupView,
});

export const getGroup = defineAction({
	name: "identity.getGroup",
	access: "groups.read",
	rest: "GET /groups/:id",
	summary: "Show a group",
	path: ById,
	result: GroupView,
});

export const updateGroup = defineAction({
	name: "identity.updateGroup",
	access: "groups.manage",
	rest: ["PATCH /groups/:id", "PUT /groups/:id"],
	summary: "Change a group's name, description, assignment or calendar",
	path: ById,
	body: strict({ name: Type.Optional(GroupName), ...groupFields }),
	result: GroupView,
	ifMatch: true,
});

export const deleteGroup = defineAction({
	name: "identity.deleteGroup",
	access: "groups.manage",
	rest: "DELETE /groups/:id",
	summary: "Remove a group",
	description:
		"Its people stay and are members no longer. Its open tickets lose group and assignee, its solved ones when they are " +
		"opened again.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});
