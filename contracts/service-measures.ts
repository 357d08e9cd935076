import { type Static, Type } from "typebox";
import { defineAction } from "./contract.ts";
import { Instant, Nullable } from "./fields.ts";

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

/** Work of one kind that a service does at set times. */
const TimedWork = Type.Object({
	/** such as `publications` */
	kind: Type.String(),
	/** how many pieces should have been done by now; no more than 1001 are counted */
	due: Type.Integer(),
	/** how long the first of these has been due, ms; 0 where none is */
	lateMs: Type.Integer(),
	/** when the next piece comes, null where none waits */
	nextAt: Nullable(Instant),
});
export type TimedWorkShape = Static<typeof TimedWork>;

/** The name of the action by which each service tells what waits for its time. */
export const TIMED_WORK = "timedWork";

/** What waits for its time in a service, and whether it is late. */
export const timedWorkOf = (service: string) =>
	defineAction({
		name: `${service}.${TIMED_WORK}`,
		access: "internal",
		idempotent: true,
		summary: "What waits for its time in this service",
		result: Type.Object({ work: Type.Array(TimedWork) }),
	});
