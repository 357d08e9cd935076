import type { Transaction } from "../../../mixins/store.ts";
import type { Assignment } from "../../../models/group.ts";
import { DONE_RANK, STATUS_ORDER, type Ticket, ticketModel } from "../../../models/ticket.ts";
import { SLA_STATES } from "../../../models/ticket-sla.ts";
import { BLOCKED_TAG } from "../blocked-tag.ts";
import type { Tickets } from "../tickets-store.ts";

/** Whether a ticket waits for somebody of its group to be found for it. */
export function isWaiting(
	ticket: Pick<Ticket, "groupId" | "assigneeId" | "status" | "deletedAt" | "tags">,
	assignment: Assignment | undefined,
): boolean {
	if (ticket.groupId === null || ticket.assigneeId !== null || ticket.deletedAt !== null) return false;
	if (STATUS_ORDER.indexOf(ticket.status) >= DONE_RANK || ticket.tags.includes(BLOCKED_TAG)) return false;
	return assignment !== undefined && assignment.strategy !== "manual";
}

/** Gives waiting tickets of a group to its people, see `drain.ts`. */
export const DRAIN = "assignment_drain";
/** A group with waiting tickets is looked at this often, whatever else makes it be looked at, ms. */
export const DRAIN_EVERY_MS = 30_000;

export const drainOf = (tenantId: string, groupId: string) => ({ tenantId, subjectId: groupId, kind: DRAIN });

/** Has the waiting tickets of these groups looked at, where there are any. */
export async function drainSoon(
	{ store, timers }: Tickets,
	tx: Transaction,
	tenantId: string,
	groupIds: readonly string[],
): Promise<void> {
	for (const groupId of groupIds) {
		const [any] = await store
			.model(ticketModel)
			.find({ tenantId, groupId, assignmentState: "waiting" }, { _id: 1 })
			.limit(1)
			.session(tx.session)
			.lean<{ _id: string }[]>();
		if (any) await timers.set(tx, drainOf(tenantId, groupId), tx.now);
	}
}

/** A ticket that waits, as far as its place among the others asks. */
export interface Queued
	extends Pick<Ticket, "_id" | "tenantId" | "groupId" | "customerId" | "tags" | "customFields">,
		Pick<Ticket, "priorityRank" | "nextBreachKey" | "createdAt" | "slaRank"> {}

const AT_RISK = SLA_STATES.indexOf("at_risk");

/** Broken promises first, then those at risk; of all others it does not matter how they stand. */
const urgency = ({ slaRank = 0 }: Queued) => (slaRank >= AT_RISK ? slaRank : 0);

/** Who is given somebody first: by the state of the promises, priority, the next due time, age. */
export function inOrder(a: Queued, b: Queued): number {
	return (
		urgency(b) - urgency(a) ||
		b.priorityRank - a.priorityRank ||
		a.nextBreachKey.getTime() - b.nextBreachKey.getTime() ||
		a.createdAt.getTime() - b.createdAt.getTime() ||
		(a._id < b._id ? -1 : 1)
	);
}
