import { defineModel, type Entity } from "./model.ts";

export const USER_ROLES = ["owner", "admin", "supervisor", "agent", "viewer"] as const;
export const USER_STATUSES = ["active", "deactivated"] as const;
export const AVAILABILITIES = ["online", "away", "offline"] as const;

export interface Skill {
	name: string;
	/** 1 to 5 */
	level: number;
}

/** A person of a tenant's staff. */
export interface User extends Entity {
	/** normalised; unique in the tenant */
	email: string;
	name: string;
	/** the name as lists are sorted by it */
	sortName: string;
	role: (typeof USER_ROLES)[number];
	status: (typeof USER_STATUSES)[number];
	/** BCP 47; null is the tenant's */
	locale: string | null;
	/** IANA; null is the tenant's */
	timeZone: string | null;
	groupIds: string[];
	skills: Skill[];
	availability: (typeof AVAILABILITIES)[number];
	availabilityChangedAt: Date;
	/** null is the group's default */
	maxOpenTickets: number | null;
}

export const userModel = defineModel<User>(
	"users",
	{
		email: { type: String, required: true },
		name: { type: String, required: true },
		sortName: { type: String, required: true },
		role: { type: String, required: true, enum: USER_ROLES },
		status: { type: String, required: true, enum: USER_STATUSES },
		locale: { type: String, default: null },
		timeZone: { type: String, default: null },
		groupIds: { type: [String], required: true },
		skills: {
			type: [{ _id: false, name: { type: String, required: true }, level: { type: Number, required: true } }],
			required: true,
		},
		availability: { type: String, required: true, enum: AVAILABILITIES },
		availabilityChangedAt: { type: Date, required: true },
		maxOpenTickets: { type: Number, default: null },
	},
	[
		[{ tenantId: 1, email: 1 }, { unique: true }],
		// Signing in begins with an address the issuer vouches for; which tenants know it is the question.
		[{ email: 1 }, {}],
		[{ tenantId: 1, email: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, sortName: 1, _id: 1 }, {}],
		[{ tenantId: 1, groupIds: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, groupIds: 1, sortName: 1, _id: 1 }, {}],
		[{ tenantId: 1, groupIds: 1, email: 1, _id: 1 }, {}],
	],
);
