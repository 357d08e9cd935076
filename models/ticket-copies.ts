import { Schema } from "mongoose";
import type { Assignment } from "./group.ts";
import { BY_TENANT, defineRows } from "./model.ts";
import { AVAILABILITIES } from "./user.ts";

/** What every copy of another service's thing has: `sequence` is the version of the original it was taken from. */
export interface Copy {
	_id: string;
	tenantId: string;
	sequence: number;
}

export interface CustomerCopy extends Copy {
	name: string;
	email: string | null;
	status: string;
	/** first is primary */
	companies: { id: string; role: "member" | "manager" }[];
	deleted: boolean;
	/** the saga that is erasing the customer: no new tickets or messages of theirs meanwhile */
	erasedBy?: string | null;
	/** who it was merged into; absent in copies of early versions */
	mergedIntoId?: string | null;
	/** absent in copies of early versions */
	tags?: string[];
}

export interface CompanyCopy extends Copy {
	name: string;
	/** all customers of the company see its tickets */
	shareTickets: boolean;
	deleted: boolean;
}

export interface PersonCopy extends Copy {
	name: string;
	role: string;
	active: boolean;
	groupIds: string[];
	// What follows is absent in copies of early versions.
	availability?: "online" | "away" | "offline";
	/** since when */
	availabilityChangedAt?: Date;
	skills?: { name: string; level: number }[];
	/** null is the group's default */
	maxOpenTickets?: number | null;
	/** to know somebody who is a customer as well */
	email?: string;
}

export interface GroupCopy extends Copy {
	name: string;
	deleted: boolean;
	/** absent in copies of early versions */
	assignment?: Assignment;
	/** null for the tenant's default calendar */
	calendarId?: string | null;
}

/** The tenant itself: `_id` is its id. */
export interface TenantCopy extends Copy {
	status: string;
	locale: string;
	timeZone: string;
	/** as identity told of them, with the defaults of that version filled in */
	settings: Record<string, unknown>;
}

const COPY = { tenantId: { type: String, required: true }, sequence: { type: Number, required: true } };
const name = { type: String, default: "" };

export const customerCopyModel = defineRows<CustomerCopy>(
	"customer_copies",
	{
		...COPY,
		name,
		email: { type: String, default: null },
		status: { type: String, required: true },
		erasedBy: { type: String },
		companies: [{ _id: false, id: { type: String, required: true }, role: { type: String, required: true } }],
		deleted: { type: Boolean, required: true },
		mergedIntoId: { type: String, default: null },
		tags: { type: [String], default: undefined },
	},
	[BY_TENANT],
);

export const companyCopyModel = defineRows<CompanyCopy>(
	"company_copies",
	{
		...COPY,
		name,
		shareTickets: { type: Boolean, required: true },
		deleted: { type: Boolean, required: true },
	},
	[BY_TENANT],
);

export const personCopyModel = defineRows<PersonCopy>(
	"person_copies",
	{
		...COPY,
		name,
		role: { type: String, required: true },
		active: { type: Boolean, required: true },
		groupIds: [String],
		availability: { type: String, enum: AVAILABILITIES },
		availabilityChangedAt: { type: Date },
		skills: {
			type: [{ _id: false, name: { type: String, required: true }, level: { type: Number, required: true } }],
			default: undefined,
		},
		maxOpenTickets: { type: Number },
		email: { type: String },
	},
	[BY_TENANT, [{ tenantId: 1, groupIds: 1, _id: 1 }, {}]],
);

export const groupCopyModel = defineRows<GroupCopy>(
	"group_copies",
	{
		...COPY,
		name,
		deleted: { type: Boolean, required: true },
		calendarId: { type: String, default: null },
		assignment: {
			type: new Schema(
				{
					strategy: { type: String, required: true },
					maxOpenPerAgent: { type: Number, required: true },
					countStatuses: { type: [String], required: true },
					considerAway: { type: Boolean, required: true },
					fallback: { type: String, required: true },
				},
				{ _id: false },
			),
		},
	},
	[BY_TENANT, [{ tenantId: 1, calendarId: 1 }, {}]],
);

export const tenantCopyModel = defineRows<TenantCopy>(
	"tenant_copies",
	{
		...COPY,
		status: { type: String, required: true },
		locale: { type: String, required: true },
		timeZone: { type: String, required: true },
		settings: { type: Schema.Types.Mixed, required: true },
	},
	[BY_TENANT],
);

/** Somebody whose open tickets must be looked through, because they may not keep all of them. `_id` is the event. */
export interface Handover {
	_id: string;
	tenantId: string;
	userId: string;
	correlationId: string;
}

export const handoverModel = defineRows<Handover>(
	"handovers",
	{
		tenantId: { type: String, required: true },
		userId: { type: String, required: true },
		correlationId: { type: String, required: true },
	},
	[BY_TENANT],
);
