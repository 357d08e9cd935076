import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { Conditions, ConditionsView } from "./conditions.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";

const ById = Type.Object({ id: Id });

/** The longest promise, seconds: ten years, beyond which no due time is looked for. */
const MAX_TARGET_SEC = 10 * 365 * 24 * 3600;

const Target = Type.Optional(Nullable(Type.Integer({ minimum: 1, maximum: MAX_TARGET_SEC })));
const ByPriority = strict({ low: Target, normal: Target, high: Target, urgent: Target });
const ByPriorityView = Type.Object({
	low: Nullable(Type.Integer()),
	normal: Nullable(Type.Integer()),
	high: Nullable(Type.Integer()),
	urgent: Nullable(Type.Integer()),
});

/** The statuses in which a ticket waits for somebody else. */
export const PAUSING_STATUSES = ["pending", "on_hold"] as const;
const Pausing = Type.Array(Words(PAUSING_STATUSES), { maxItems: PAUSING_STATUSES.length });

const AtRisk = Type.Union([
	strict({ percent: Type.Number({ exclusiveMinimum: 0, maximum: 100 }) }),
	strict({ secBefore: Type.Integer({ minimum: 1, maximum: MAX_TARGET_SEC }) }),
]);

const editable = {
	description: Type.Optional(Nullable(Type.String({ maxLength: 2000 }))),
	position: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
	active: Type.Optional(Type.Boolean()),
	isDefault: Type.Optional(Type.Boolean()),
	conditions: Type.Optional(Nullable(Conditions)),
	calendarId: Type.Optional(Id),
	targets: Type.Optional(
		strict({
			first_response: Type.Optional(Nullable(ByPriority)),
			next_response: Type.Optional(Nullable(ByPriority)),
			resolution: Type.Optional(Nullable(ByPriority)),
		}),
	),
	pauseOn: Type.Optional(
		Nullable(
			strict({
				first_response: Type.Optional(Nullable(Pausing)),
				next_response: Type.Optional(Nullable(Pausing)),
				resolution: Type.Optional(Nullable(Pausing)),
			}),
		),
	),
	atRisk: Type.Optional(Nullable(AtRisk)),
	effectiveFrom: Type.Optional(Nullable(Instant)),
};

const Name = Type.String({ minLength: 1, maxLength: 255, pattern: "\\S" });

export const SlaPolicyView = Type.Object({
	id: Id,
	name: Type.String(),
	description: Nullable(Type.String()),
	position: Type.Integer(),
	active: Type.Boolean(),
	isDefault: Type.Boolean(),
	conditions: ConditionsView,
	/** a calendar's id, `group` or `always` */
	calendarId: Type.String(),
	targets: Type.Object({
		first_response: ByPriorityView,
		next_response: ByPriorityView,
		resolution: ByPriorityView,
	}),
	pauseOn: Type.Object({
		first_response: Type.Array(Type.String()),
		next_response: Type.Array(Type.String()),
		resolution: Type.Array(Type.String()),
	}),
	atRisk: Type.Union([Type.Object({ percent: Type.Number() }), Type.Object({ secBefore: Type.Integer() })]),
	effectiveFrom: Nullable(Instant),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type SlaPolicyView = Static<typeof SlaPolicyView>;

export const createSlaPolicy = defineAction({
	name: "tickets.createSlaPolicy",
	access: "configuration.manage",
	rest: "POST /sla-policies",
	summary: "Make a service level policy",
	description:
		"A ticket goes by the first active policy, in the order of `position`, whose conditions hold; else by the default " +
		"one; else by none. Without conditions only the default policy holds. Targets are business seconds by metric and " +
		"priority, null where nothing is promised; the first response must not be promised later than the resolution. " +
		"`calendarId` is a calendar's id, `group` (that of the ticket's group, else the tenant's default; this is what " +
		"holds unless told) or `always`. `atRisk` is `{percent}` of the target or `{secBefore}` the due time, 80 percent " +
		"unless told. `pauseOn` names the statuses in which a clock stands still; the resolution's comes from the tenant's " +
		"setting slaDefaultPauseOn unless told. With `effectiveFrom` it holds for tickets made then or later. A new default " +
		"policy takes the place of the old one. Conditions: see `/rules`.",
	body: strict({ name: Name, ...editable }),
	result: SlaPolicyView,
	status: 201,
	headers: (policy) => ({ Location: `/api/sla-policies/${policy.id}` }),
});

export const SLA_POLICY_LIST = {
	filters: {
		name: { type: "string", operators: ["eq", "in"] },
		active: { type: "boolean", operators: ["eq"] },
		isDefault: { type: "boolean", operators: ["eq"] },
	},
	sorts: ["position", "createdAt"],
	defaultSort: "position",
} satisfies ListSpec;

export const listSlaPolicies = defineList({
	name: "tickets.listSlaPolicies",
	access: "configuration.read",
	rest: "GET /sla-policies",
	summary: "List the service level policies",
	list: SLA_POLICY_LIST,
	item: SlaPolicyView,
});

export const getSlaPolicy = defineAction({
	name: "tickets.getSlaPolicy",
	access: "configuration.read",
	rest: "GET /sla-policies/:id",
	summary: "Show a service level policy",
	path: ById,
	result: SlaPolicyView,
});

export const updateSlaPolicy = defineAction({
	name: "tickets.updateSlaPolicy",
	access: "configuration.manage",
	rest: ["PATCH /sla-policies/:id", "PUT /sla-policies/:id"],
	summary: "Change a service level policy",
	description:
		"`targets` and `pauseOn` are merged metric by metric and priority by priority, null clears; `conditions` and " +
		"`atRisk` are replaced. The tickets that go by it are calculated anew in the background: they keep their start and " +
		"the time used, and what has come to its end stays as it is.",
	path: ById,
	body: strict({ name: Type.Optional(Name), ...editable }),
	result: SlaPolicyView,
	ifMatch: true,
});

export const deleteSlaPolicy = defineAction({
	name: "tickets.deleteSlaPolicy",
	access: "configuration.manage",
	rest: "DELETE /sla-policies/:id",
	summary: "Remove a service level policy",
	description: "In the background another policy is found for the tickets that go by it, or none.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const slaPolicyContracts = [createSlaPolicy, listSlaPolicies, getSlaPolicy, updateSlaPolicy, deleteSlaPolicy];
