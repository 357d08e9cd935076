import { readerOf } from "../access.ts";
import type { KnowledgeBase } from "../knowledge-base-store.ts";
import { readableArticle } from "../reading.ts";
import type { Shelf } from "./engagement-store.ts";

/** The knowledge base as seen from what readers do with it. */
export function shelfOf(kb: KnowledgeBase): Shelf {
	const { runtime, store, articles } = kb;
	return {
		runtime,
		store,
		articles,
		published: (caller) => ({
			tenantId: caller.tenant.id,
			filter: { reach: { $in: [...readerOf(caller).sees] } },
		}),
		async read(caller, id, asked, tx) {
			const { article, translation, layer } = await readableArticle(kb, caller, id, asked, tx);
			const { locale, draftVersionNo, publishedVersionNo } = translation;
			return { article, locale, versionNo: layer === "draft" ? draftVersionNo : publishedVersionNo };
		},
	};
}
