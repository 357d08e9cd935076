import { BY_TENANT, defineRows } from "./model.ts";

/**
 * What the dashboard knows of a tenant, and how far its facts have come. Where only events of the tenant's tickets were
 * heard of so far, `sequence` is 0 and the rest as for a new tenant.
 */
export interface TenantFacts {
	/** the tenant's id */
	_id: string;
	tenantId: string;
	/** the last one given to any fact of the tenant: whoever has seen it has seen all */
	rev: number;
	/** changes when facts were removed, which no `rev` tells: whoever keeps a copy begins anew */
	generation: number;
	sequence: number;
	slug: string;
	name: string;
	locale: string;
	/** IANA */
	timeZone: string;
	status: string;
	/** how long rows of the activity feed are kept */
	eventDays: number;
	/** the facts include every event of the log up to this place, whatever the consumer group has noted */
	rebuiltTo: number;
	/** ids of events up to there that they do not include, because they could not be understood */
	rebuiltWithout: string[];
}

export const dashboardTenantModel = defineRows<TenantFacts>(
	"dashboard_tenants",
	{
		tenantId: { type: String, required: true },
		rev: { type: Number, required: true },
		generation: { type: Number, required: true },
		sequence: { type: Number, required: true },
		slug: { type: String, default: "" },
		name: { type: String, default: "" },
		locale: { type: String, required: true },
		timeZone: { type: String, required: true },
		status: { type: String, required: true },
		eventDays: { type: Number, required: true },
		rebuiltTo: { type: Number, required: true },
		rebuiltWithout: [String],
	},
	[BY_TENANT],
);
