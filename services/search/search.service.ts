import type { Service, ServiceSchema } from "moleculer";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { erasureActions } from "./erase-customer.ts";
import { operatorActions } from "./operator-actions.ts";
import { searchActions } from "./search-actions.ts";
import { Search } from "./search-store.ts";
import { suggestActions } from "./suggest.ts";
import { tenantActions } from "./tenant-partition.ts";

/** One index over customers, tickets and articles, fed by events, asked with the rights of whoever searches. */
export default function searchService(runtime: Runtime): ServiceSchema {
	let service: Service | null = null;
	const search = new Search(
		runtime,
		() => {
			if (!service) throw new Error("the search service is not there yet");
			return service.broker;
		},
		{ warn: (err, text) => service?.logger.warn({ err }, text) },
	);
	return {
		name: "search",
		mixins: [collectionMixin(search.store)],
		actions: {
			...searchActions(search),
			...suggestActions(search),
			...operatorActions(search),
			...erasureActions(search),
			...tenantActions(search),
		},
		created(this: Service) {
			service = this;
		},
		async started() {
			await search.start();
		},
	} as unknown as ServiceSchema;
}
