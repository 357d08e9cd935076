import { isDeepStrictEqual } from "node:util";
import { ofGroup } from "../../../contracts/ticket-audience.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Timer } from "../../../mixins/timers.ts";
import { type Ticket, type TicketStatus, ticketModel } from "../../../models/ticket.ts";
import { isDone } from "../lifecycle.ts";
import { saveRevision } from "../save.ts";
import { changeBySystem } from "../system-change.ts";
import type { Tickets } from "../tickets-store.ts";
import { walkOn } from "../walk.ts";
import { MARKS, marksOf } from "./group-changes.ts";
import { Roster } from "./roster.ts";
import { REASSIGN, unassignAt } from "./settle.ts";
import { DRAIN, DRAIN_EVERY_MS, drainOf, inOrder, isWaiting, type Queued } from "./waiting.ts";

/*
 * Tickets that wait for somebody, group by group. Each group with such tickets has one timer: it is pulled forward by
 * whatever may have made room, and comes every half minute as long as there are any. A timer is one process's at a time
 * and its effect one transaction, so that no lease is needed for that.
 */

/** How many tickets are given away in one transaction. */
const CHUNK = 25;
/** More waiting tickets of a group than this are not put in order; the rest follows when there are fewer. */
const QUEUE_MAX = 5000;

const CAUSE = { type: "system", id: "assignment" } as const;

/** The waiting tickets of a group in the order in which they are given away. */
async function queueOf({ store }: Tickets, tx: Transaction, tenantId: string, groupId: string): Promise<Queued[]> {
	const rows = await store
		.model(ticketModel)
		.find(
			{ tenantId, groupId, assignmentState: "waiting" },
			{
				tenantId: 1,
				groupId: 1,
				customerId: 1,
				tags: 1,
				customFields: 1,
				priorityRank: 1,
				nextBreachKey: 1,
				createdAt: 1,
				slaRank: 1,
			},
		)
		.sort({ priorityRank: -1, nextBreachKey: 1, createdAt: 1, _id: 1 })
		.limit(QUEUE_MAX)
		.session(tx.session)
		.lean<Queued[]>();
	return rows.sort(inOrder);
}

/** Gives as many waiting tickets of a group to its people as one transaction should, and says when to go on. */
async function drain(tickets: Tickets, tx: Transaction, { tenantId, subjectId: groupId }: Timer): Promise<void> {
	const roster = await Roster.open(tickets, tx, { tenantId, groupId });
	const strategy = roster?.assignment.strategy ?? "manual";
	if (!roster || strategy === "manual") return;
	const queue = await queueOf(tickets, tx, tenantId, groupId);
	if (queue.length === 0) return;
	const requesters = roster.hasRoom()
		? await tickets.copies.customers.byIds(
				tenantId,
				queue.map(({ customerId }) => customerId),
				tx,
			)
		: new Map();
	let given = 0;
	for (const ticket of queue) {
		if (given === CHUNK || !roster.hasRoom()) break;
		const agent = roster.choose(strategy, ticket, requesters.get(ticket.customerId)?.email ?? null);
		if (!agent) continue;
		given++;
		await changeBySystem(tickets, tx, ticket._id, {
			action: "ticket.assigned",
			cause: CAUSE,
			command: { type: "change", patch: { assigneeId: agent.id }, strategy },
		});
	}
	await roster.keep();
	if (given === queue.length) return;
	const pause = given === CHUNK ? 0 : DRAIN_EVERY_MS;
	await tickets.timers.set(tx, drainOf(tenantId, groupId), new Date(tx.now.getTime() + pause));
}

const UNDONE: readonly TicketStatus[] = ["new", "open", "pending", "on_hold"];

/**
 * Marks the tickets of a group anew as waiting or not, because the way changed in which it assigns. Those of a group that
 * was deleted leave it, and whoever had them as one of its members: nobody would see them there any more.
 */
async function mark(tickets: Tickets, tx: Transaction, { tenantId, subjectId: groupId, data }: Timer): Promise<void> {
	const group = await tickets.copies.groups.byId(tenantId, groupId, tx);
	const filter = { audience: ofGroup(groupId), groupId, ...(group?.deleted ? {} : { assigneeId: null }) };
	const { found, next } = await walkOn(tickets, tx, UNDONE, filter, data);
	for (const ticket of found)
		if (group?.deleted) await leaveGroup(tickets, tx, ticket);
		else await markOne(tickets, tx, ticket, isWaiting(ticket, group?.assignment) ? "waiting" : null);
	if (next) await tickets.timers.set(tx, marksOf(tenantId, groupId), tx.now, next);
	else await tickets.timers.set(tx, drainOf(tenantId, groupId), tx.now);
}

async function leaveGroup(tickets: Tickets, tx: Transaction, { _id }: Ticket): Promise<void> {
	const command = { type: "change", patch: { groupId: null, assigneeId: null }, reason: "group_deleted" } as const;
	await changeBySystem(tickets, tx, _id, { action: "ticket.updated", cause: CAUSE, command });
}

async function markOne(tickets: Tickets, tx: Transaction, before: Ticket, to: "waiting" | null): Promise<void> {
	const from = before.assignmentState ?? null;
	if (isDeepStrictEqual(from, to)) return;
	const changes = [{ field: "assignmentState", from, to }];
	const next = { ...before, assignmentState: to };
	const events = [{ type: "updated", changed: changes }] as const;
	await saveRevision(tickets, tx, {
		before,
		next,
		action: "ticket.updated",
		changes,
		events: [...events],
		cause: CAUSE,
	});
}

/** Takes a reopened ticket from somebody who has not come back since. */
async function reassign(tickets: Tickets, tx: Transaction, { tenantId, subjectId, data }: Timer): Promise<void> {
	const ticket = await tickets.tickets.get({ tenantId }, subjectId, tx);
	if (!ticket || isDone(ticket) || ticket.assigneeId === null || ticket.assigneeId !== data.assigneeId) return;
	const person = await tickets.copies.people.byId(tenantId, ticket.assigneeId, tx);
	if (!person || person.availabilityChangedAt?.toISOString() !== data.since) return;
	const at = await unassignAt(tickets, tx, ticket, person);
	if (at === null) return;
	if (at > tx.now) {
		await tickets.timers.set(tx, { tenantId, subjectId, kind: REASSIGN }, at, data);
		return;
	}
	await changeBySystem(tickets, tx, subjectId, {
		action: "ticket.unassigned",
		cause: CAUSE,
		command: { type: "change", patch: { assigneeId: null }, reason: "unavailable" },
	});
}

/** Says what happens when these timers are due. */
export function handleAssignment(tickets: Tickets): void {
	tickets.timers.handle(DRAIN, { fire: (tx, timer) => drain(tickets, tx, timer) });
	tickets.timers.handle(MARKS, { fire: (tx, timer) => mark(tickets, tx, timer) });
	tickets.timers.handle(REASSIGN, { fire: (tx, timer) => reassign(tickets, tx, timer) });
}
