import type { Visibility } from "./category.ts";
import { defineModel, type Entity } from "./model.ts";

export const articleStatuses = ["draft", "in_review", "published", "archived"] as const;
export type ArticleStatus = (typeof articleStatuses)[number];

/** Who finds an article: its visibility where it is published in any language, else nobody but those who write. */
export type ArticleReach = Visibility | "nobody";

/** An article: what all its languages share. Its version counts the changes of any of them. */
export interface Article extends Entity {
	categoryId: string | null;
	/** among the articles of its category, smallest first */
	order: number;
	authorId: string;
	ownerId: string;
	visibility: Visibility;
	defaultLocale: string;
	tags: string[];
	publishedLocales: string[];
	/** the newest publication of any language */
	publishedAt: Date | null;
	reviewDueAt: Date | null;
	/** the counters move without the version: nobody edits an article by reading it */
	viewCount: number;
	views30d: number;
	helpfulCount: number;
	notHelpfulCount: number;
	/** Wilson lower bound, 95 % */
	score: number;
	// Derived, for indexes and for reading without the categories.
	/** the stricter of its own visibility and its categories' */
	effectiveVisibility: Visibility;
	reach: ArticleReach;
	/** of all its translations */
	locales: string[];
	/** each status that a translation has, alone and as `<locale> <status>` */
	states: string[];
	titleKey: string;
	/** `publishedAt`, never null */
	publishedKey: Date;
	/** counts the saves of its translations */
	edits: number;
	/** counts the changes that readers can see */
	publicVersion: number;
	publicUpdatedAt: Date;
}

const required = (type: unknown) => ({ type, required: true }) as { type: StringConstructor; required: true };
const count = { type: Number, required: true, default: 0 };
const visibility = { type: String, required: true, enum: ["public", "customers", "agents"] };

type Index = [Record<string, 1>, object];
const index = (...fields: string[]): Index => [
	Object.fromEntries(["tenantId", ...fields, "_id"].map((field) => [field, 1])),
	{},
];

const ORDERS = ["createdAt", "publishedKey", "titleKey", "order", "viewCount", "score"];

export const articleModel = defineModel<Article>(
	"articles",
	{
		categoryId: { type: String, default: null },
		order: required(Number),
		authorId: required(String),
		ownerId: required(String),
		visibility,
		defaultLocale: required(String),
		tags: { type: [String], default: [] },
		publishedLocales: { type: [String], default: [] },
		publishedAt: { type: Date, default: null },
		reviewDueAt: { type: Date, default: null },
		viewCount: count,
		views30d: count,
		helpfulCount: count,
		notHelpfulCount: count,
		score: count,
		effectiveVisibility: visibility,
		reach: { type: String, required: true, enum: ["public", "customers", "agents", "nobody"] },
		locales: { type: [String], default: [] },
		states: { type: [String], default: [] },
		titleKey: required(String),
		publishedKey: required(Date),
		edits: count,
		publicVersion: required(Number),
		publicUpdatedAt: required(Date),
	},
	[
		...[...ORDERS, "updatedAt"].map((order) => index(order)),
		...[...ORDERS, "publicUpdatedAt"].map((order) => index("reach", order)),
		index("categoryId"),
		index("categoryId", "order"),
		index("categoryId", "reach"),
		index("tags"),
		index("states", "createdAt"),
		index("authorId", "createdAt"),
		index("ownerId"),
		index("reviewDueAt"),
		index(),
	],
);
