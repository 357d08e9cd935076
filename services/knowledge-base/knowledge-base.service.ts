import type { ServiceSchema } from "moleculer";
import type { Runtime } from "../../mixins/runtime.ts";

export default function knowledgeBaseService(_runtime: Runtime): ServiceSchema {
	return { name: "knowledge-base" };
}
