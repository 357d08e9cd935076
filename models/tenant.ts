import { Schema } from "mongoose";
import { defineModel, type Entity } from "./model.ts";

/** Tenants belong to the platform: their own `tenantId` is this. */
export const PLATFORM = "platform";

export const TENANT_STATUSES = ["provisioning", "active", "suspended", "offboarding", "offboarded"] as const;

/** An organisation that uses the desk. */
export interface Tenant extends Entity {
	/** unique everywhere, as in addresses of the help centre */
	slug: string;
	name: string;
	status: (typeof TENANT_STATUSES)[number];
	plan: string | null;
	/** BCP 47; one of `locales` */
	locale: string;
	locales: string[];
	/** IANA */
	timeZone: string;
	/** only what differs from the defaults */
	settings: Record<string, unknown>;
	/** grows with each change to who is an owner, so that two such changes at once meet here */
	ownerChanges: number;
}

export const tenantModel = defineModel<Tenant>(
	"tenants",
	{
		slug: { type: String, required: true },
		name: { type: String, required: true },
		status: { type: String, required: true, enum: TENANT_STATUSES },
		plan: { type: String, default: null },
		locale: { type: String, required: true },
		locales: { type: [String], required: true },
		timeZone: { type: String, required: true },
		settings: { type: Schema.Types.Mixed, required: true },
		ownerChanges: { type: Number, required: true },
	},
	[
		[{ tenantId: 1, slug: 1 }, { unique: true }],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, name: 1, _id: 1 }, {}],
	],
);
