import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import type { RuleEvent, TimeBase } from "../lib/rule-types.ts";
import { Condition, Conditions, ConditionsView } from "./conditions.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";
import { ActionResult, Actions, RuleAction, TemplateWarning } from "./rule-actions.ts";

const ById = Type.Object({ id: Id });

export const RULE_EVENTS = [
	"ticket.created",
	"ticket.updated",
	"message.added",
	"sla.at_risk",
	"sla.breached",
	"csat.submitted",
] as const satisfies readonly RuleEvent[];

export type { RuleEvent, TimeBase, TimeTrigger, Trigger } from "../lib/rule-types.ts";

/** From which instant of a ticket a time trigger counts. */
export const TIME_BASES = [
	"createdAt",
	"assignedAt",
	"lastCustomerMessageAt",
	"lastAgentMessageAt",
	"statusChangedAt",
	"breachedAt:first_response",
	"breachedAt:next_response",
	"breachedAt:resolution",
] as const satisfies readonly TimeBase[];

const YEAR_SEC = 366 * 24 * 3600;
const After = Type.Integer({ minimum: 0, maximum: YEAR_SEC });
const Level = Type.Integer({ minimum: 1, maximum: 5 });

const TimeTriggerShape = strict({
	/** seconds */
	after: Type.Optional(After),
	since: Words(TIME_BASES),
	clock: Type.Optional(Words(["business", "calendar"])),
	/** raises the ticket to this level of escalation */
	level: Type.Optional(Level),
	/** false: the steps of `levels` do not raise the ticket, such as those of a reminder */
	escalate: Type.Optional(Type.Boolean()),
	/** instead of `after`: one step after the other, the first of which is level 1 */
	levels: Type.Optional(Type.Array(strict({ after: After, actions: Actions }), { minItems: 1, maxItems: 5 })),
});
const Trigger = Type.Union([Words(RULE_EVENTS), TimeTriggerShape]);

const Name = Type.String({ minLength: 1, maxLength: 255, pattern: "\\S" });

const editable = {
	active: Type.Optional(Nullable(Type.Boolean())),
	/** rules run from the lowest to the highest; the last one unless told */
	position: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 1_000_000 }))),
	conditions: Type.Optional(Nullable(Conditions)),
	actions: Type.Optional(Nullable(Type.Array(RuleAction, { maxItems: 20 }))),
	/** where it ran, no later rule runs for the same event */
	stopProcessing: Type.Optional(Nullable(Type.Boolean())),
	/** it does not run again on a ticket for so long, seconds */
	cooldownSec: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: YEAR_SEC }))),
	/** how often it runs on one ticket, for each level */
	maxRunsPerTicket: Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: 1_000_000 }))),
	/** what it tells about service levels waits until this calendar opens */
	scheduleCalendarId: Type.Optional(Nullable(Id)),
};

export const RuleView = Type.Object({
	id: Id,
	name: Type.String(),
	active: Type.Boolean(),
	position: Type.Integer(),
	trigger: Trigger,
	conditions: ConditionsView,
	actions: Type.Array(RuleAction),
	stopProcessing: Type.Boolean(),
	cooldownSec: Type.Integer(),
	maxRunsPerTicket: Type.Integer(),
	scheduleCalendarId: Nullable(Id),
	/** of templates that name what there is not */
	warnings: Type.Array(TemplateWarning),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type RuleView = Static<typeof RuleView>;

export const createRule = defineAction({
	name: "tickets.createRule",
	access: "configuration.manage",
	rest: "POST /rules",
	summary: "Make a rule",
	description:
		"A rule runs after the change that triggers it, in the order of `position`. `trigger` is an event (" +
		`${RULE_EVENTS.join(", ")}; ticket.updated is every change of a ticket after its creation) or a time: ` +
		"`{after, since, clock, level?}`, or `{since, clock, levels: [{after, actions}]}` for up to five steps. " +
		"Conditions ask for the fields of service level policies and for status, assigneeId (`none` for nobody), " +
		"customerId, subject, subStatus, followerIds, reopenCount, escalationLevel, slaState, slaMetric, csatRating, " +
		"messageKind, messageAuthor, messageBody (of public messages only), hoursSinceCreated, hoursSinceAssigned, " +
		"hoursSinceUpdated, hoursSinceStatusChanged, hoursSinceLastCustomerMessage, hoursSinceLastAgentMessage, " +
		"hoursSinceSolved, `changed(field)`, `changedFrom(field)` and `changedTo(field)`. Without conditions it holds for " +
		"every ticket. `warnings` names variables of templates that there are not.",
	body: strict({ name: Name, trigger: Trigger, ...editable }),
	result: RuleView,
	status: 201,
	headers: (rule) => ({ Location: `/api/rules/${rule.id}` }),
});

export const RULE_LIST = {
	filters: { active: { type: "boolean", operators: ["eq"] }, name: { type: "string", operators: ["eq", "in"] } },
	sorts: ["position", "createdAt"],
	defaultSort: "position",
} satisfies ListSpec;

export const listRules = defineList({
	name: "tickets.listRules",
	access: "configuration.read",
	rest: "GET /rules",
	summary: "List the rules in the order in which they run",
	list: RULE_LIST,
	item: RuleView,
});

export const getRule = defineAction({
	name: "tickets.getRule",
	access: "configuration.read",
	rest: "GET /rules/:id",
	summary: "Show a rule",
	path: ById,
	result: RuleView,
});

export const updateRule = defineAction({
	name: "tickets.updateRule",
	access: "configuration.manage",
	rest: ["PATCH /rules/:id", "PUT /rules/:id"],
	summary: "Change a rule",
	path: ById,
	body: strict({ name: Type.Optional(Name), trigger: Type.Optional(Trigger), ...editable }),
	result: RuleView,
	ifMatch: true,
});

export const deleteRule = defineAction({
	name: "tickets.deleteRule",
	access: "configuration.manage",
	rest: "DELETE /rules/:id",
	summary: "Remove a rule",
	description: "What it did stays; the list of its runs goes with it.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const dryRunRule = defineAction({
	name: "tickets.dryRunRule",
	access: "configuration.manage",
	rest: "POST /rules/:id/dry-run",
	summary: "What a rule would do to a ticket, without doing it",
	description:
		"As if the rule were active and its trigger happened now. `conditions` says of each what the ticket has. A " +
		"condition on a message or a change is asked of the ticket's last public message and of its last change. `blockedBy` says " +
		"why a matching rule would not run all the same: `max_runs` or `cooldown`.",
	path: ById,
	body: strict({ ticketId: Id }),
	result: Type.Object({
		ruleId: Id,
		ticketId: Id,
		matched: Type.Boolean(),
		wouldRun: Type.Boolean(),
		blockedBy: Nullable(Words(["max_runs", "cooldown"])),
		conditions: Type.Array(
			Type.Object({
				list: Words(["all", "any"]),
				...Condition.properties,
				actual: Type.Unknown(),
				holds: Type.Boolean(),
			}),
		),
		/** of a trigger with levels: those of every level, in order */
		actions: Type.Array(ActionResult),
		/** when a time trigger fires; null where its instant is not set, or for events */
		dueAt: Nullable(Instant),
	}),
});

export const previewRule = defineAction({
	name: "tickets.previewRule",
	access: "configuration.manage",
	rest: "POST /rules/preview",
	summary: "How many tickets match conditions now",
	description:
		"Of the tickets that are not closed, unless a condition asks for the status. Conditions on messages, changes and " +
		"ratings of an event are left out of the count and named in `ignored`. The newest 10 000 tickets are looked at; " +
		"`exact` is false where there are more.",
	body: strict({ conditions: Conditions }),
	result: Type.Object({
		count: Type.Integer(),
		exact: Type.Boolean(),
		examined: Type.Integer(),
		/** some of those that match, the newest first */
		sample: Type.Array(Type.Object({ id: Id, number: Type.Integer(), subject: Type.String() })),
		ignored: Type.Array(Type.String()),
	}),
});

export const RuleRunView = Type.Object({
	id: Id,
	ruleId: Id,
	ruleVersion: Type.Integer(),
	ticketId: Id,
	ticketNumber: Type.Integer(),
	at: Instant,
	/** the event, or `time` */
	trigger: Type.String(),
	level: Nullable(Type.Integer()),
	/** how many rules followed one another until here, 1 for the first */
	depth: Type.Integer(),
	matched: Type.Boolean(),
	actionResults: Type.Array(ActionResult),
});
export type RuleRunView = Static<typeof RuleRunView>;

export const RULE_RUN_LIST = {
	filters: { ticketId: { type: "id", operators: ["eq"] } },
	sorts: ["at"],
	sortPaths: { at: "createdAt" },
	defaultSort: "-at",
} satisfies ListSpec;

export const listRuleRuns = defineList({
	name: "tickets.listRuleRuns",
	access: "configuration.read",
	rest: "GET /rules/:id/runs",
	summary: "On which tickets a rule has run, and what it did",
	path: ById,
	list: RULE_RUN_LIST,
	item: RuleRunView,
});

/** Every action on rules that a client can call. */
export const ruleContracts = [
	createRule,
	listRules,
	previewRule,
	getRule,
	updateRule,
	deleteRule,
	dryRunRule,
	listRuleRuns,
];
