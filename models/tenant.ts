import { Schema } from "mongoose";
import type { Actor } from "../lib/event-log.ts";
import { defineModel, type Entity } from "./model.ts";

/** Tenants belong to the platform: their own `tenantId` is this. */
export const PLATFORM = "platform";

export const TENANT_STATUSES = ["provisioning", "active", "suspended", "offboarding", "offboarded"] as const;

/** How many documents there are of each collection of each service. */
export type PartitionCounts = Record<string, Record<string, number>>;

/** That nothing is left of a tenant. Instants are ISO 8601 texts. */
export interface OffboardingCertificate {
	tenantId: string;
	sagaId: string;
	requestedAt: string;
	completedAt: string;
	removed: PartitionCounts;
	left: PartitionCounts;
	exports: { service: string; entities: number; bytes: number; sha256: string }[];
}

/** How the end of a tenant goes on. */
export interface Offboarding {
	sagaId: string;
	requestedAt: Date;
	requestedBy: Actor;
	/** what it was before, and is again if that is cancelled */
	before: Tenant["status"];
	/** until then it can be cancelled */
	purgeAfter: Date;
	/** how far the exports are, by service */
	exports: Record<string, { entities: number; bytes: number; sha256: string | null }>;
	/** the grace is over: nobody gets in any more, and everything is removed */
	purgingAt: Date | null;
	certificate: OffboardingCertificate | null;
}

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
	/** set while it leaves and after it has left */
	offboarding?: Offboarding | null;
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
		offboarding: { type: Schema.Types.Mixed, default: null },
		ownerChanges: { type: Number, required: true },
	},
	[
		[{ tenantId: 1, slug: 1 }, { unique: true }],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, name: 1, _id: 1 }, {}],
	],
);
