import { type Static, Type } from "typebox";
import { defineAction } from "./contract.ts";
import { Nullable } from "./fields.ts";

const ServiceMeasures = Type.Object({
	/** calls of the last minutes that ended, and those of them that failed through no fault of the caller */
	calls: Type.Integer(),
	failed: Type.Integer(),
	/** how many took how long: see `lib/latency-window.ts` */
	counts: Type.Array(Type.Integer()),
	/** how long the oldest committed event has waited to be published, ms; null where the store cannot be asked */
	outboxLagMs: Nullable(Type.Integer()),
});
export type ServiceMeasuresShape = Static<typeof ServiceMeasures>;

/** The name of the action by which each service tells how it is doing. */
export const MEASURES = "measures";

/** How one node of a service is doing. Each service has this action, below its own name. */
export const serviceMeasures = (service: string) =>
	defineAction({
		name: `${service}.${MEASURES}`,
		access: "internal",
		idempotent: true,
		summary: "How this node of the service is doing",
		result: ServiceMeasures,
	});
