import type { ServiceSchema } from "moleculer";
import type { Runtime } from "../../mixins/runtime.ts";

export default function dashboardService(_runtime: Runtime): ServiceSchema {
	return { name: "dashboard" };
}
