import { invalidField } from "../../lib/problem.ts";
import { VersionConflict } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Article } from "../../models/article.ts";
import { type Category, categoryModel, type Visibility } from "../../models/category.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { stricter } from "./visibility.ts";

/**
 * Notes that something elsewhere was derived from a category: a transaction that changes the category at the same time
 * and this one exclude each other, on any database.
 */
export async function touch({ store }: KnowledgeBase, tx: Transaction, { _id, tenantId }: Category): Promise<void> {
	const { matchedCount } = await store
		.model(categoryModel)
		.updateOne({ _id, tenantId }, { $inc: { uses: 1 } }, { session: tx.session });
	if (matchedCount === 0) throw new VersionConflict(`the category ${_id} was removed meanwhile`);
}

/** Where an article stands: its category, its place in it, and who may read it there. Throws 422 at `/categoryId`. */
export async function placeArticle(
	kb: KnowledgeBase,
	tx: Transaction,
	{ categoryId, visibility }: { categoryId: string | null; visibility: Visibility },
): Promise<Pick<Article, "categoryId" | "visibility" | "effectiveVisibility">> {
	if (categoryId === null) return { categoryId, visibility, effectiveVisibility: visibility };
	const category = await kb.categories.get(tx.command, categoryId, tx);
	if (!category) throw invalidField("/categoryId", "There is no category with this id.", "unknown");
	await touch(kb, tx, category);
	return { categoryId, visibility, effectiveVisibility: stricter(visibility, category.effectiveVisibility) };
}

/** The place behind all articles of a category. */
export async function lastPlace(kb: KnowledgeBase, tx: Transaction, categoryId: string | null): Promise<number> {
	const [last] = await kb.articles.find(tx.command, { categoryId }, { sort: { order: -1, _id: -1 }, limit: 1, tx });
	return (last?.order ?? 0) + 1;
}
