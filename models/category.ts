import { Schema } from "mongoose";
import { defineModel, type Entity } from "./model.ts";

export type Visibility = "public" | "customers" | "agents";

/** What a category is called in one language. */
export interface CategoryText {
	name: string;
	description: string | null;
}

/** A place for articles in the tenant's tree of categories. */
export interface Category extends Entity {
	/** null at the root */
	parentId: string | null;
	/** unique in the tenant */
	slug: string;
	/** among its siblings, smallest first */
	order: number;
	visibility: Visibility;
	defaultLocale: string;
	/** by language */
	translations: Record<string, CategoryText>;
	// Derived from the categories above, for reading an article or a category without them.
	/** the categories above it, the root first */
	path: string[];
	/** the strictest of its own and theirs */
	effectiveVisibility: Visibility;
	/**
	 * counts what was derived from this category elsewhere, so that such a write and a change of the category exclude each
	 * other; no version of the category
	 */
	uses: number;
}

const visibility = { type: String, required: true, enum: ["public", "customers", "agents"] };

export const categoryModel = defineModel<Category>(
	"categories",
	{
		parentId: { type: String, default: null },
		slug: { type: String, required: true },
		order: { type: Number, required: true },
		visibility,
		defaultLocale: { type: String, required: true },
		translations: { type: Schema.Types.Mixed, default: {} },
		path: { type: [String], default: [] },
		effectiveVisibility: visibility,
		uses: { type: Number, default: 0 },
	},
	[
		[{ tenantId: 1, slug: 1 }, { unique: true }],
		[{ tenantId: 1, parentId: 1, order: 1, _id: 1 }, {}],
		[{ tenantId: 1, path: 1, _id: 1 }, {}],
		[{ tenantId: 1, _id: 1 }, {}],
	],
);
