import { defineRows } from "./model.ts";

/**
 * A slug that an article has, or had before it was renamed: then it leads to the present one. One row for each slug, so
 * that no other article of the tenant gets it as long as this one lives.
 */
export interface SlugRedirect {
	_id: string;
	tenantId: string;
	locale: string;
	slug: string;
	articleId: string;
}

export const slugRedirectModel = defineRows<SlugRedirect>(
	"slug_redirects",
	{
		tenantId: { type: String, required: true },
		locale: { type: String, required: true },
		slug: { type: String, required: true },
		articleId: { type: String, required: true },
	},
	[
		[{ tenantId: 1, locale: 1, slug: 1 }, { unique: true }],
		[{ tenantId: 1, articleId: 1, locale: 1 }, {}],
	],
);
