import type { Store, Transaction } from "../../../mixins/store.ts";
import { articleViewModel, viewMinuteModel } from "../../../models/article-view.ts";
import { articleVoteModel } from "../../../models/article-vote.ts";

/**
 * Removes what readers did with an article that is removed, in the same transaction. What was counted on past days
 * stays: how much was read then does not change.
 */
export async function forgetArticle({ store }: { store: Store }, tx: Transaction, articleId: string): Promise<void> {
	const { tenantId } = tx.command;
	const { session } = tx;
	await store.model(articleVoteModel).deleteMany({ tenantId, articleId }, { session });
	await store.model(articleViewModel).deleteMany({ tenantId, articleId }, { session });
	await store.model(viewMinuteModel).deleteMany({ tenantId, articleId }, { session });
}
