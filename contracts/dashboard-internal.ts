import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Nullable } from "./fields.ts";

/**
 * Makes the read models anew from the event log while the old ones serve, and tells how many events were read, how many
 * documents differed, and how many were too many. 409 while another one runs.
 */
export const rebuildDashboard = defineAction({
	name: "dashboard.rebuild",
	access: "internal",
	summary: "Make the read models anew from the event log",
	body: strict({
		/** all tenants where none is named */
		tenantId: Type.Optional(Nullable(Id)),
	}),
	result: Type.Object({
		events: Type.Integer(),
		/** events that could not be understood */
		skipped: Type.Integer(),
		replaced: Type.Integer(),
		removed: Type.Integer(),
	}),
});

/** Removes rows of the activity feed that are older than their tenants keep them. Done every hour anyway. */
export const sweepDashboard = defineAction({
	name: "dashboard.sweep",
	access: "internal",
	summary: "Remove old rows of the activity feed",
	result: Type.Object({ removed: Type.Integer() }),
});
