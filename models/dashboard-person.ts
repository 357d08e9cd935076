import { defineRows } from "./model.ts";

/** What the dashboard knows of somebody of staff. The name is personal data. */
export interface PersonFacts {
	_id: string;
	tenantId: string;
	rev: number;
	sequence: number;
	name: string;
	role: string;
	status: "active" | "deactivated";
	groupIds: string[];
	availability: "online" | "away" | "offline";
}

export interface GroupFacts {
	_id: string;
	tenantId: string;
	rev: number;
	sequence: number;
	name: string;
	deleted: boolean;
}

/** What the activity feed shows of a customer. The name is personal data, kept here and in no row of the feed. */
export interface CustomerFacts {
	_id: string;
	tenantId: string;
	rev: number;
	sequence: number;
	name: string;
	status: string;
	deleted: boolean;
}

const FACTS = {
	tenantId: { type: String, required: true },
	rev: { type: Number, required: true },
	sequence: { type: Number, required: true },
	name: { type: String, default: "" },
};
const byRev: [Record<string, 1>, object][] = [[{ tenantId: 1, rev: 1 }, {}]];

export const dashboardPersonModel = defineRows<PersonFacts>(
	"dashboard_people",
	{
		...FACTS,
		role: { type: String, required: true },
		status: { type: String, required: true },
		groupIds: [String],
		availability: { type: String, required: true },
	},
	byRev,
);

export const dashboardGroupModel = defineRows<GroupFacts>(
	"dashboard_groups",
	{ ...FACTS, deleted: { type: Boolean, required: true } },
	byRev,
);

export const dashboardCustomerModel = defineRows<CustomerFacts>(
	"dashboard_customers",
	{ ...FACTS, status: { type: String, required: true }, deleted: { type: Boolean, required: true } },
	byRev,
);
