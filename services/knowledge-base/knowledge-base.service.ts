import type { Service, ServiceSchema } from "moleculer";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { subscriberMixin } from "../../mixins/subscriber.mixin.ts";
import { articleActions } from "./article-actions.ts";
import { handoverActions } from "./article-handover.ts";
import { changeActions } from "./change-article.ts";
import { createActions } from "./create-article.ts";
import { beginUpkeep, engagementActions } from "./engagement/engagement.ts";
import { openKnowledgeBase } from "./knowledge-base-store.ts";
import { personEvents } from "./people.ts";
import { readActions } from "./read-articles.ts";
import { categoryReadActions } from "./read-categories.ts";
import { adoptSchedules, handlePublications } from "./scheduled-publishing.ts";
import { searchActions } from "./search-documents.ts";
import { tenantActions } from "./tenant-partition.ts";
import { translationActions } from "./translations.ts";
import { versionActions } from "./versions.ts";
import { categoryWriteActions } from "./write-categories.ts";

/** Articles in several languages and versions, in a tree of categories. */
export default function knowledgeBaseService(runtime: Runtime): ServiceSchema {
	let service: Service | null = null;
	let adopting: Promise<void> | null = null;
	const warn = (err: unknown) => service?.logger.warn({ err }, "the knowledge base tries again");
	const kb = openKnowledgeBase(runtime, warn);
	handlePublications(kb);
	return {
		name: "knowledge-base",
		// The store last: Moleculer starts the last mixin first, and events need it.
		mixins: [subscriberMixin(runtime, kb.store, "knowledge-base", personEvents(kb)), collectionMixin(kb.store)],
		actions: {
			...createActions(kb),
			...readActions(kb),
			...changeActions(kb),
			...articleActions(kb),
			...translationActions(kb),
			...versionActions(kb),
			...categoryReadActions(kb),
			...categoryWriteActions(kb),
			...searchActions(kb),
			...engagementActions(kb),
			...handoverActions(kb),
			...tenantActions(kb),
		},
		methods: {
			/** Works on every timer that is due now. */
			settleTimers: () => kb.timers.idle(),
		},
		created(this: Service) {
			service = this;
		},
		async started() {
			kb.timers.start();
			adopting = adoptSchedules(kb).catch(warn);
			beginUpkeep(kb, warn);
		},
		async stopped() {
			await adopting;
			await kb.timers.stop();
		},
	} as unknown as ServiceSchema;
}
