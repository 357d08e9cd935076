import { newId } from "../../../lib/ids.ts";
import { type Rule, ruleModel } from "../../../models/rule.ts";
import type { Tickets } from "../tickets-store.ts";

const HOUR_SEC = 3600;

type Shipped = Pick<Rule, "name" | "trigger" | "conditions" | "actions"> & Partial<Rule> & { shippedAs: string };

const DEFAULTS = { active: false, stopProcessing: false, cooldownSec: 0, scheduleCalendarId: null };
const always = { all: [], any: [] };

/** The rules that every tenant begins with, switched off. */
export const SHIPPED_RULES: readonly Shipped[] = [
	{
		shippedAs: "at_risk",
		name: "Promise at risk: notify the assignee",
		trigger: "sla.at_risk",
		conditions: always,
		actions: [
			{
				type: "notify",
				users: ["assignee"],
				template: "#{{ticket.number}} will soon break its promise: {{sla.metric}}",
			},
		],
		maxRunsPerTicket: 100,
	},
	{
		shippedAs: "breached",
		name: "Promise broken: notify the group's supervisors",
		trigger: "sla.breached",
		conditions: always,
		actions: [
			{
				type: "notify",
				users: ["supervisor_of_group"],
				template: "#{{ticket.number}} broke its promise: {{sla.metric}}",
			},
			{ type: "add_tags", tags: ["sla-breached"] },
		],
		maxRunsPerTicket: 100,
	},
	{
		shippedAs: "urgent_unassigned",
		name: "Urgent and unassigned for 10 minutes: notify the supervisors",
		trigger: { after: 600, since: "createdAt", clock: "calendar" },
		conditions: {
			all: [
				{ field: "priority", operator: "is", value: "urgent" },
				{ field: "assigneeId", operator: "is", value: "none" },
				{ field: "status", operator: "in", value: ["new", "open", "pending", "on_hold"] },
			],
			any: [],
		},
		actions: [
			{
				type: "notify",
				roles: ["supervisor"],
				template: "#{{ticket.number}} is urgent and has had no assignee for 10 minutes",
			},
		],
		maxRunsPerTicket: 1,
	},
	{
		shippedAs: "pending_reminder",
		name: "Pending for 72 hours: remind the customer, 48 hours later solve",
		trigger: {
			since: "statusChangedAt",
			clock: "calendar",
			escalate: false,
			levels: [
				{
					after: 72 * HOUR_SEC,
					actions: [
						{
							type: "send_public_reply",
							template:
								"We are still waiting for your answer to {{ticket.subject}}. Without one we will take your request as solved in two days.",
						},
					],
				},
				{ after: (72 + 48) * HOUR_SEC, actions: [{ type: "set_status", status: "solved" }] },
			],
		},
		conditions: { all: [{ field: "status", operator: "is", value: "pending" }], any: [] },
		actions: [],
		maxRunsPerTicket: 100,
	},
];

/** Makes the rules that a tenant begins with, where they are not there yet. Returns how many were made. */
export async function shipRules({ store, runtime }: Tickets, tenantId: string): Promise<number> {
	const now = runtime.clock.now();
	let made = 0;
	for (const [index, { shippedAs, ...rule }] of SHIPPED_RULES.entries()) {
		const fresh = {
			...DEFAULTS,
			...rule,
			_id: newId(),
			position: index + 1,
			version: 1,
			createdAt: now,
			updatedAt: now,
		};
		const { upsertedCount } = await store
			.model(ruleModel)
			.updateOne({ tenantId, shippedAs }, { $setOnInsert: fresh } as never, { upsert: true });
		made += upsertedCount;
	}
	return made;
}

/** Takes all rules of a tenant away that never came to be. Returns how many there were. */
export async function unshipRules({ store }: Tickets, tenantId: string): Promise<number> {
	const { deletedCount } = await store.model(ruleModel).deleteMany({ tenantId });
	return deletedCount;
}
