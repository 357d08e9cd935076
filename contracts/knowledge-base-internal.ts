import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Locale } from "./fields.ts";
import { ArticleItem } from "./knowledge-base-views.ts";

/**
 * Published articles as lists show them, in the order asked for, with the caller's own eyes: what a GET would refuse the
 * caller, and what is not published, is left out. With a language exactly that one, or left out; without one the
 * caller's.
 */
export const articlesByIds = defineAction({
	name: "knowledge-base.articlesByIds",
	access: "kb.read",
	idempotent: true,
	summary: "Articles by id, as far as the caller may read them",
	body: strict({
		items: Type.Array(strict({ id: Id, locale: Type.Optional(Locale) }), { maxItems: 100 }),
	}),
	result: Type.Array(ArticleItem),
});
