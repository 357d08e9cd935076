import { BY_TENANT, defineRows } from "./model.ts";

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
}

export interface GroupCopy extends Copy {
	name: string;
	deleted: boolean;
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
	},
	[BY_TENANT],
);

export const groupCopyModel = defineRows<GroupCopy>(
	"group_copies",
	{
		...COPY,
		name,
		deleted: { type: Boolean, required: true },
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
