import type { DataOf } from "../../contracts/event-contract.ts";
import {
	ticketCreated,
	ticketDeleted,
	ticketRestored,
	ticketStatusChanged,
	ticketUpdated,
} from "../../contracts/tickets-events.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type EventHandler, on } from "../../mixins/subscriber.mixin.ts";
import { type CountedTicket, countedTicketModel, customerModel } from "../../models/customer.ts";
import type { CustomerSagas } from "./customer-sagas.ts";
import type { Customers } from "./customers-store.ts";
import { saveCustomer } from "./update-customer.ts";

type TicketEvent = DomainEvent<DataOf<typeof ticketCreated>>;

const DONE = new Set(["solved", "closed"]);

/** A ticket as it is counted after an event about it. One that is deleted may still change hands. */
function countedFrom(event: TicketEvent, wasDeleted: boolean): CountedTicket {
	const { ticket } = event.data;
	return {
		_id: event.subject.slice(event.subject.indexOf("/") + 1),
		tenantId: event.tenantId,
		customerId: ticket.customerId,
		sequence: event.sequence,
		open: !DONE.has(ticket.status),
		deleted: event.type === ticketDeleted.type || (event.type !== ticketRestored.type && wasDeleted),
		createdAt: new Date(ticket.createdAt),
	};
}

/** What a ticket adds to the counters of a customer. */
function share(ticket: CountedTicket | null, customerId: string): { open: number; total: number } {
	if (!ticket || ticket.deleted || ticket.customerId !== customerId) return { open: 0, total: 0 };
	return { open: ticket.open ? 1 : 0, total: 1 };
}

/** Brings the counters of one customer from what a ticket was to what it is. They are no edit: no new version. */
async function recount(
	{ store }: Customers,
	tx: Transaction,
	customerId: string,
	before: CountedTicket | null,
	after: CountedTicket,
): Promise<void> {
	const [was, is] = [share(before, customerId), share(after, customerId)];
	const { tenantId } = after;
	const latest = await store
		.model(countedTicketModel)
		.findOne({ tenantId, customerId, deleted: false })
		.sort({ createdAt: -1 })
		.session(tx.session)
		.lean<CountedTicket>();
	await store.model(customerModel).updateOne(
		{ _id: customerId, tenantId },
		{
			$inc: { "ticketCounters.open": is.open - was.open, "ticketCounters.total": is.total - was.total },
			$set: { "ticketCounters.lastTicketAt": latest?.createdAt ?? null },
		},
		{ session: tx.session },
	);
}

/**
 * Counts a ticket as an event shows it. Every event carries the whole ticket and the version it then had, so one that
 * comes late or again changes nothing, and one that was missed is made up for by the next.
 */
async function count(from: Customers, sagas: CustomerSagas, event: TicketEvent, tx: Transaction): Promise<void> {
	const rows = from.store.model(countedTicketModel);
	const ticketId = event.subject.slice(event.subject.indexOf("/") + 1);
	const before = await rows.findById(ticketId).session(tx.session).lean<CountedTicket>();
	const after = countedFrom(event, before?.deleted ?? false);
	if (before && before.sequence >= after.sequence) return;
	const { _id, ...fields } = after;
	await rows.updateOne({ _id }, { $set: fields }, { upsert: true, session: tx.session });
	for (const customerId of new Set([before?.customerId ?? after.customerId, after.customerId]))
		await recount(from, tx, customerId, before, after);
	if (!before) await welcome(from, sagas, tx, after);
}

/** With the first ticket a lead becomes an active customer; one that came after a merge goes to the survivor. */
async function welcome(from: Customers, sagas: CustomerSagas, tx: Transaction, ticket: CountedTicket): Promise<void> {
	const { tenantId, customerId } = ticket;
	const customer = await from.customers.get({ tenantId }, customerId, tx);
	if (customer?.status === "lead") await saveCustomer(from, tx, customer, { ...customer, status: "active" });
	if (customer?.status === "merged") await sagas.follow(tx, customer);
}

/** What the service does when it hears of tickets. */
export function ticketHandlers(from: Customers, sagas: CustomerSagas): EventHandler[] {
	const handle = (event: TicketEvent, tx: Transaction) => count(from, sagas, event, tx);
	return [
		on(ticketCreated, handle),
		on(ticketUpdated, handle),
		on(ticketStatusChanged, handle),
		on(ticketDeleted, handle),
		on(ticketRestored, handle),
	];
}
