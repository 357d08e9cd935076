import type { Tickets } from "../tickets-store.ts";

/**
 * Does a piece of work that may give a ticket of a group to somebody, one after another in this process: those at once
 * would choose the same person, and all but one would have to be done again.
 */
export async function inGroupsTurn<T>(
	{ copies, turns }: Tickets,
	tenantId: string,
	groupId: string | null,
	work: () => Promise<T>,
): Promise<T> {
	const group = groupId === null ? undefined : await copies.groups.byId(tenantId, groupId);
	const isChosenFor = group?.assignment !== undefined && group.assignment.strategy !== "manual";
	return groupId !== null && isChosenFor ? turns.run(groupId, work) : work();
}
