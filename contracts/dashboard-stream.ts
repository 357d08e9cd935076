import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Nullable } from "./fields.ts";

/** Broadcast when the read models of a tenant changed: `{tenantId}`. A hint only; whoever hears it asks for what is new. */
export const DASHBOARD_CHANGED = "dashboard.changed";

/**
 * What a caller's stream has to be sent since a place in it. Asked by the gateway for each open stream when it hears the
 * hint, as often as the client takes what it is sent; nothing is queued for a slow one. Only what the caller may see.
 */
export const streamSince = defineAction({
	name: "dashboard.streamSince",
	access: "dashboard.read",
	summary: "What is new for a stream",
	body: strict({
		/** the id of the last thing that was sent; null begins with now. One that cannot be read begins with now, too */
		after: Nullable(Type.String({ maxLength: 500 })),
		limit: Type.Integer({ minimum: 1, maximum: 100 }),
	}),
	result: Type.Object({
		/** oldest first, each with the id to go on after */
		activity: Type.Array(Type.Object({ id: Type.String(), data: Type.Record(Type.String(), Type.Unknown()) })),
		/** the id to go on after, where nothing is left */
		id: Type.String(),
		/** whether there is more right now */
		more: Type.Boolean(),
		/** the counters of now, as in `GET /dashboard/stats`, by name */
		now: Type.Record(Type.String(), Type.Unknown()),
		asOf: Type.String(),
	}),
});
