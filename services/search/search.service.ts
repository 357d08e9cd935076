import type { ServiceSchema } from "moleculer";
import type { Runtime } from "../../mixins/runtime.ts";

export default function searchService(_runtime: Runtime): ServiceSchema {
	return { name: "search" };
}
