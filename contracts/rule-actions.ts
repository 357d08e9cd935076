import { type Static, type TSchema, Type } from "typebox";
import type { RuleAction as Action, ActionType } from "../lib/rule-types.ts";
import { strict } from "./contract.ts";
import { Email, Id, Nullable, Tag, Words } from "./fields.ts";
import { STAFF_ROLES } from "./permissions.ts";
import { TICKET_PRIORITIES } from "./tickets-events.ts";

/*
 * What rules and macros do to a ticket. A text may name variables, such as `{{ticket.number}}`; see `TEMPLATE_VARIABLES`.
 */

/** What a template may name; `ticket.customFields.<key>` besides. */
export const TEMPLATE_VARIABLES = [
	...["ticket.id", "ticket.number", "ticket.subject", "ticket.status", "ticket.priority", "ticket.type"],
	...["ticket.channel", "ticket.tags", "ticket.createdAt", "ticket.dueAt", "ticket.escalationLevel"],
	...["customer.name", "customer.email", "requester.name", "requester.email", "company.name"],
	...["assignee.name", "group.name"],
	...["rule.name", "sla.metric"],
] as const;

/** The longest message is 64 KB; what the variables stand for comes on top of it. */
const Template = Type.String({ minLength: 1, maxLength: 16_000, pattern: "\\S" });
const Notice = Type.String({ minLength: 1, maxLength: 2000, pattern: "\\S" });
const ActionTags = Type.Array(Tag, { minItems: 1, maxItems: 50 });

/** `supervisor_of_group` takes the supervisor of the ticket's group who has the fewest open tickets. */
export const ASSIGN_STRATEGIES = ["round_robin", "load_balanced", "skill", "supervisor_of_group"] as const;

/** Who else `notify` can name among `users`: whoever the ticket knows when it happens. */
export const TICKET_PEOPLE = ["assignee", "followers", "supervisor_of_group"] as const;

const parameters: Record<ActionType, Record<string, TSchema>> = {
	set_priority: { priority: Words(TICKET_PRIORITIES) },
	set_status: { status: Words(["open", "pending", "on_hold", "solved", "closed"]) },
	assign: {
		/** a person, or `supervisor_of_group` */
		userId: Type.Optional(Id),
		groupId: Type.Optional(Id),
		strategy: Type.Optional(Words(ASSIGN_STRATEGIES)),
	},
	unassign: {},
	add_tags: { tags: ActionTags },
	remove_tags: { tags: ActionTags },
	add_internal_note: { template: Template },
	send_public_reply: { template: Template },
	notify: {
		/** ids of people, or `assignee`, `followers`, `supervisor_of_group` */
		users: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 50 })),
		groups: Type.Optional(Type.Array(Id, { minItems: 1, maxItems: 20 })),
		roles: Type.Optional(Type.Array(Words(STAFF_ROLES), { minItems: 1, maxItems: 5, uniqueItems: true })),
		webhookId: Type.Optional(Id),
		email: Type.Optional(Email),
		template: Type.Optional(Notice),
	},
	add_follower: { userId: Id },
	/** `subject`, `type`, `subStatus`, `locale` or `customFields.<key>` (also the bare key); `null` clears what may be empty */
	set_field: { field: Type.String({ minLength: 1, maxLength: 80 }), value: Type.Unknown() },
	apply_macro: { macroId: Id },
};

export type { ActionOf, ActionType } from "../lib/rule-types.ts";
export type RuleAction = Action;
export const ACTION_TYPES = Object.keys(parameters) as ActionType[];

export const RuleAction = Type.Unsafe<Action>({
	type: "object",
	discriminator: { propertyName: "type" },
	required: ["type"],
	oneOf: ACTION_TYPES.map((type) => strict({ type: Type.Literal(type), ...parameters[type] })),
});

export const Actions = Type.Array(RuleAction, { minItems: 1, maxItems: 20 });

/** A template that names something there is not; it stays empty there. */
export const TemplateWarning = Type.Object({ pointer: Type.String(), code: Type.String(), message: Type.String() });
export type TemplateWarning = Static<typeof TemplateWarning>;

/** What became of one action. `failed` says why, and the others were done all the same. */
export const ActionResult = Type.Object({
	type: Words(ACTION_TYPES),
	status: Words(["done", "unchanged", "scheduled", "failed"]),
	code: Type.Optional(Type.String()),
	detail: Type.Optional(Type.String()),
	changes: Type.Optional(Type.Array(Type.Object({ field: Type.String(), from: Type.Unknown(), to: Type.Unknown() }))),
	/** how many were notified: people, an address, a webhook */
	recipients: Type.Optional(Type.Integer()),
	/** when it happens, where that is put off to the calendar's next opening */
	at: Type.Optional(Nullable(Type.String({ format: "date-time" }))),
});
export type ActionResult = Static<typeof ActionResult>;
