import type { ActionSchema } from "moleculer";
import { closePartitionOf, openPartitionOf } from "../../contracts/tenant-partition.ts";
import { action } from "../../mixins/action.ts";
import { exportActions, partitionActions } from "../../mixins/tenant-partition.ts";
import { articleModel } from "../../models/article.ts";
import { articleTranslationModel } from "../../models/article-translation.ts";
import { articleVersionModel } from "../../models/article-version.ts";
import { articleVoteModel } from "../../models/article-vote.ts";
import { categoryModel } from "../../models/category.ts";
import { slugRedirectModel } from "../../models/slug-redirect.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";

/** Made of other fields, for indexes. */
const DERIVED = ["reach", "states", "titleKey", "publishedKey", "effectiveVisibility", "path"];
/** Texts of up to 512 KB each are read a few at a time. */
const FEW = 5;

const EXPORTED = [
	{ entity: "category", model: categoryModel, order: ["_id"], omit: DERIVED },
	{ entity: "article", model: articleModel, order: ["createdAt", "_id"], omit: DERIVED },
	{ entity: "translation", model: articleTranslationModel, order: ["articleId", "locale"], page: FEW },
	{ entity: "version", model: articleVersionModel, order: ["articleId", "locale", "versionNo"], page: FEW },
	{ entity: "slugRedirect", model: slugRedirectModel, order: ["locale", "slug"] },
	{ entity: "vote", model: articleVoteModel, order: ["articleId", "createdAt", "_id"] },
];

/**
 * How the knowledge base takes part in the beginning and the end of a tenant. The root of the tree of categories is no
 * document, and the languages are those of the tenant itself: a new one has nothing here.
 */
export function tenantActions({ store, runtime }: KnowledgeBase): Record<string, ActionSchema> {
	return {
		openPartition: action(openPartitionOf("knowledge-base"), async () => ({ made: 0 })),
		closePartition: action(closePartitionOf("knowledge-base"), async () => ({ removed: 0, more: false })),
		...exportActions("knowledge-base", store, EXPORTED as never),
		...partitionActions("knowledge-base", store, runtime.clock),
	};
}
