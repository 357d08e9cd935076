import type { ServiceSchema } from "moleculer";
import { articleDocuments } from "../../contracts/search-documents.ts";
import { action } from "../../mixins/action.ts";

/** A knowledge base without articles, for tests that are about other things. */
export function articlesStandIn(): ServiceSchema {
	return {
		name: "knowledge-base",
		actions: {
			searchDocuments: action(articleDocuments.byIds, async () => []),
			searchPage: action(articleDocuments.page, async () => ({ documents: [], next: null })),
			searchSettled: action(articleDocuments.settled, async () => null),
		},
	} as unknown as ServiceSchema;
}
