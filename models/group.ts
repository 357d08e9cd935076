import { defineModel, type Entity } from "./model.ts";

export const STRATEGIES = ["manual", "round_robin", "load_balanced", "skill"] as const;
export const FALLBACKS = ["unassigned", "away"] as const;
export const COUNTED_STATUSES = ["new", "open", "pending", "on_hold"] as const;

/** How tickets of a group find their assignee. */
export interface Assignment {
	strategy: (typeof STRATEGIES)[number];
	maxOpenPerAgent: number;
	/** which tickets count as load */
	countStatuses: (typeof COUNTED_STATUSES)[number][];
	considerAway: boolean;
	fallback: (typeof FALLBACKS)[number];
}

export const DEFAULT_ASSIGNMENT: Assignment = {
	strategy: "manual",
	maxOpenPerAgent: 20,
	countStatuses: ["new", "open"],
	considerAway: false,
	fallback: "unassigned",
};

/** A team of people that tickets are given to. */
export interface Group extends Entity {
	name: string;
	/** the name without regard to case: unique in the tenant, and what lists are sorted by */
	sortName: string;
	description: string | null;
	assignment: Assignment;
	/** absent in groups of early versions */
	calendarId?: string | null;
	/** grows with each person who joins, so that joining and removing the group at once meet here */
	joins: number;
}

export const groupModel = defineModel<Group>(
	"groups",
	{
		name: { type: String, required: true },
		sortName: { type: String, required: true },
		description: { type: String, default: null },
		assignment: {
			strategy: { type: String, required: true, enum: STRATEGIES },
			maxOpenPerAgent: { type: Number, required: true },
			countStatuses: { type: [String], required: true },
			considerAway: { type: Boolean, required: true },
			fallback: { type: String, required: true, enum: FALLBACKS },
		},
		calendarId: { type: String, default: null },
		joins: { type: Number, required: true },
	},
	[
		[{ tenantId: 1, sortName: 1 }, { unique: true }],
		[{ tenantId: 1, sortName: 1, _id: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
	],
);
