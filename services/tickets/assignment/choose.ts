import type { Transaction } from "../../../mixins/store.ts";
import type { Assignment } from "../../../models/group.ts";
import type { Tickets } from "../tickets-store.ts";
import { type Assignable, Roster } from "./roster.ts";

/** Who a ticket goes to, and by which strategy. */
export interface Chosen {
	assigneeId: string;
	strategy: string;
}

/**
 * Chooses somebody of the ticket's group for it, by the group's strategy or another one. The ticket itself is left to
 * the caller, who writes it in the same transaction. Null where there is nobody for it, it is in no group, or tickets
 * are given by hand there.
 */
export async function assignAutomatically(
	tickets: Tickets,
	tx: Transaction,
	ticket: Assignable,
	options: { strategy?: Assignment["strategy"] } = {},
): Promise<Chosen | null> {
	const { tenantId, groupId, customerId } = ticket;
	if (groupId === null) return null;
	const roster = await Roster.open(tickets, tx, { tenantId, groupId });
	const strategy = options.strategy ?? roster?.assignment.strategy ?? "manual";
	if (!roster || strategy === "manual") return null;
	const requester = await tickets.copies.customers.byId(tenantId, customerId, tx);
	const agent = roster.choose(strategy, ticket, requester?.email ?? null);
	if (!agent) return null;
	await roster.keep();
	return { assigneeId: agent.id, strategy };
}
