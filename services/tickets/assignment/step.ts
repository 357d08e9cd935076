import { isDeepStrictEqual } from "node:util";
import type { Ticket } from "../../../models/ticket.ts";
import type { Step } from "../steps.ts";
import { DRAIN_EVERY_MS, drainOf, drainSoon, isWaiting } from "./waiting.ts";

/** Whether somebody may have got room for another ticket by what became of one of theirs. */
function mayFree(before: Ticket | null, next: Ticket): before is Ticket & { assigneeId: string } {
	if (!before || before.assigneeId === null) return false;
	const stays = before.assigneeId === next.assigneeId && before.status === next.status;
	return !stays || (before.deletedAt === null && next.deletedAt !== null);
}

const asksAnew = (before: Ticket, next: Ticket) =>
	!isDeepStrictEqual(before.tags, next.tags) || !isDeepStrictEqual(before.customFields, next.customFields);

/**
 * Marks the tickets that wait for somebody to be found, and has the groups looked at where that may now be so: the ticket
 * lost its assignee or asks for something else, or its assignee has room again.
 */
export const keepQueue: Step = async ({ tickets, tx, before, next }) => {
	const { tenantId, groupId } = next;
	const group =
		groupId !== null && next.assigneeId === null ? await tickets.copies.groups.byId(tenantId, groupId, tx) : undefined;
	const waits = groupId !== null && !group?.deleted && isWaiting(next, group?.assignment);
	const was = before?.assignmentState === "waiting" && before.groupId === groupId;
	const state = waits ? "waiting" : null;
	return {
		...((next.assignmentState ?? null) === state ? {} : { fields: { assignmentState: state } }),
		async after() {
			if (waits && (before?.assigneeId || (was && before && asksAnew(before, next))))
				await tickets.timers.set(tx, drainOf(tenantId, groupId), tx.now);
			else if (waits && !was) {
				const later = new Date(tx.now.getTime() + DRAIN_EVERY_MS);
				await tickets.timers.setIfNone(tx, drainOf(tenantId, groupId), later);
			}
			if (!mayFree(before, next)) return;
			const person = await tickets.copies.people.byId(tenantId, before.assigneeId, tx);
			if (person) await drainSoon(tickets, tx, tenantId, person.groupIds);
		},
	};
};
