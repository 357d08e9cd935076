import type { ActionSchema } from "moleculer";
import { handOverArticles } from "../../contracts/user-deactivation.ts";
import { action } from "../../mixins/action.ts";
import { commandOf } from "../../mixins/store.ts";
import { settle } from "./change-article.ts";
import { translationsOf } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { keepOwner } from "./people.ts";

/** How many articles change hands in one transaction. */
const CHUNK = 50;

/** The articles of somebody who leaves go to somebody else, who is asked when they are to be reviewed. */
export function handoverActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		handOverArticles: action(handOverArticles, (ctx) => {
			const { tenantId, ownerId, heir } = ctx.params;
			return kb.store.commit(commandOf(ctx, tenantId), async (tx) => {
				await keepOwner(kb, tx, { _id: heir.id, tenantId, sequence: heir.version, name: heir.name });
				const found = await kb.articles.find({ tenantId }, { ownerId }, { limit: CHUNK, tx });
				for (const article of found) {
					const before = { article, translations: await translationsOf(kb, article, tx) };
					await settle(kb, tx, before, { ...before, article: { ...article, ownerId: heir.id } }, null);
				}
				return { handedOver: found.length, more: found.length === CHUNK };
			});
		}),
	};
}
