import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { TICKET_PRIORITIES } from "./tickets-events.ts";

export const groupWorkload = defineAction({
	name: "tickets.groupWorkload",
	access: "groups.read",
	rest: "GET /groups/:id/workload",
	summary: "What the people of a group have to do, and what waits for them",
	description:
		"`openCount` is how many tickets somebody has in the statuses that the group counts, in whatever group; with " +
		"`capacity` or more they are given no further ones automatically. `canTake` says whether they would be now. " +
		"`waiting` are the tickets without an assignee that wait for one, first the one that is next; 25 are shown.",
	path: strict({ id: Id }),
	result: Type.Object({
		groupId: Id,
		strategy: Words(["manual", "round_robin", "load_balanced", "skill"]),
		countStatuses: Type.Array(Words(["new", "open", "pending", "on_hold"])),
		agents: Type.Array(
			Type.Object({
				userId: Id,
				/** null where the caller is shown no names */
				name: Nullable(Type.String()),
				role: Type.String(),
				availability: Nullable(Words(["online", "away", "offline"])),
				openCount: Type.Integer(),
				capacity: Type.Integer(),
				canTake: Type.Boolean(),
				lastAutoAssignedAt: Nullable(Instant),
			}),
		),
		openCount: Type.Integer(),
		capacity: Type.Integer(),
		waitingCount: Type.Integer(),
		waiting: Type.Array(
			Type.Object({
				id: Id,
				number: Type.Integer(),
				priority: Words(TICKET_PRIORITIES),
				createdAt: Instant,
			}),
		),
	}),
});
