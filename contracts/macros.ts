import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";
import { ActionResult, Actions, RuleAction, TemplateWarning } from "./rule-actions.ts";
import { TicketView } from "./tickets-views.ts";

const ById = Type.Object({ id: Id });
const Name = Type.String({ minLength: 1, maxLength: 255, pattern: "\\S" });

/** Whose a macro is: everybody's, that of some groups, or its author's alone. */
export const MACRO_SCOPES = ["shared", "groups", "personal"] as const;

export const MacroView = Type.Object({
	id: Id,
	name: Type.String(),
	description: Nullable(Type.String()),
	scope: Words(MACRO_SCOPES),
	groupIds: Type.Array(Id),
	ownerId: Nullable(Id),
	active: Type.Boolean(),
	actions: Type.Array(RuleAction),
	warnings: Type.Array(TemplateWarning),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type MacroView = Static<typeof MacroView>;

const editable = {
	description: Type.Optional(Nullable(Type.String({ maxLength: 2000 }))),
	active: Type.Optional(Type.Boolean()),
	scope: Type.Optional(Words(MACRO_SCOPES)),
	groupIds: Type.Optional(Type.Array(Id, { maxItems: 50, uniqueItems: true })),
};

export const createMacro = defineAction({
	name: "tickets.createMacro",
	access: "macros.manage",
	rest: "POST /macros",
	summary: "Make a macro",
	description:
		"Actions that a person applies to a ticket with one call; the same as those of rules, but for `apply_macro`. " +
		"Supervisors, admins and owners make macros for everybody (`shared`) or for `groups`; agents make `personal` ones.",
	body: strict({ name: Name, actions: Actions, ...editable }),
	result: MacroView,
	status: 201,
	headers: (macro) => ({ Location: `/api/macros/${macro.id}` }),
});

export const MACRO_LIST = {
	filters: {
		scope: { type: "string", values: MACRO_SCOPES, operators: ["eq", "in"] },
		active: { type: "boolean", operators: ["eq"] },
		name: { type: "string", operators: ["eq", "in"] },
	},
	sorts: ["name", "createdAt"],
	sortPaths: { name: "sortName" },
	defaultSort: "name",
} satisfies ListSpec;

export const listMacros = defineList({
	name: "tickets.listMacros",
	access: "configuration.read",
	rest: "GET /macros",
	summary: "List the macros that the caller can use",
	list: MACRO_LIST,
	item: MacroView,
});

export const getMacro = defineAction({
	name: "tickets.getMacro",
	access: "configuration.read",
	rest: "GET /macros/:id",
	summary: "Show a macro",
	path: ById,
	result: MacroView,
});

export const updateMacro = defineAction({
	name: "tickets.updateMacro",
	access: "macros.manage",
	rest: ["PATCH /macros/:id", "PUT /macros/:id"],
	summary: "Change a macro",
	path: ById,
	body: strict({ name: Type.Optional(Name), actions: Type.Optional(Actions), ...editable }),
	result: MacroView,
	ifMatch: true,
});

export const deleteMacro = defineAction({
	name: "tickets.deleteMacro",
	access: "macros.manage",
	rest: "DELETE /macros/:id",
	summary: "Remove a macro",
	description: "One that a rule applies is 409 `macro_in_use`.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const applyMacro = defineAction({
	name: "tickets.applyMacro",
	access: "tickets.update",
	rest: "POST /tickets/:id/macros/:macroId",
	summary: "Apply a macro to a ticket",
	description:
		"As the caller, who needs the permission for each of its actions: all are done or none. With `preview: true` " +
		"nothing is done, and the answer says what would be.",
	path: Type.Object({ id: Id, macroId: Id }),
	body: strict({ preview: Type.Optional(Type.Boolean()) }),
	result: Type.Object({ ticket: TicketView, actionResults: Type.Array(ActionResult) }),
	ifMatch: true,
});

/** Every action on macros that a client can call. */
export const macroContracts = [createMacro, listMacros, getMacro, updateMacro, deleteMacro, applyMacro];
