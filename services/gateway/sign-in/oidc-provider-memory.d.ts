declare module "oidc-provider/lib/adapters/memory_adapter.js" {
	import type { AdapterFactory } from "oidc-provider";

	/** A store in memory of one provider's own. */
	export function createMemoryAdapter(clockToleranceSec?: number): AdapterFactory;
}
