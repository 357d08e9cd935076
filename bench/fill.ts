import { rm } from "node:fs/promises";
import path from "node:path";
import { loadConfig } from "../config.ts";
import { systemClock } from "../lib/clock.ts";
import { newId } from "../lib/ids.ts";
import { PRIORITY_ORDER, STATUS_ORDER, type Ticket, ticketModel } from "../models/ticket.ts";
import { type TicketMessage, ticketMessageModel } from "../models/ticket-message.ts";
import { openRuntime } from "../runtime.ts";
import { randomNumbers, texts } from "./words.ts";

const BATCH = 1000;
const WORDS_OF_SUBJECT = 6;
const WORDS_OF_MESSAGE = 120;
const STATUSES = ["new", "open", "pending", "on_hold", "solved", "solved", "solved", "closed"] as const;
const PRIORITIES = ["low", "normal", "normal", "normal", "high", "urgent"] as const;

/** The number of the first copy; the next ones count up. */
export const FIRST_NUMBER = 1_000_000;

const text = texts(randomNumbers(7));

/** Copies of a ticket with texts of their own, spread over statuses, priorities and the last 90 days. */
function copiesOf(ticket: Ticket, first: number, count: number, now: number): Ticket[] {
	return Array.from({ length: count }, (_, index) => {
		const n = first + index;
		const at = new Date(now - ((n * 7919) % (90 * 86_400)) * 1000);
		const priority = PRIORITIES[n % PRIORITIES.length] as Ticket["priority"];
		const status = STATUSES[n % STATUSES.length] as Ticket["status"];
		return {
			...ticket,
			_id: newId(),
			number: FIRST_NUMBER + n,
			subject: text(WORDS_OF_SUBJECT),
			status,
			statusRank: STATUS_ORDER.indexOf(status),
			priority,
			priorityRank: PRIORITY_ORDER.indexOf(priority),
			createdAt: at,
			updatedAt: at,
		};
	});
}

/** Writes copies of the first ticket of an instance, past its API, from a process of its own. */
export interface Copier {
	/** Adds so many and returns them. */
	add(first: number, count: number): Promise<Ticket[]>;
	close(): Promise<void>;
}

export async function openCopier(dataDir: string): Promise<Copier> {
	const runtime = await openRuntime(loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent" }), systemClock);
	const connection = await runtime.openConnection("tickets");
	const tickets = connection.model<Ticket>(ticketModel.name, ticketModel.schema);
	const messages = connection.model<TicketMessage>(ticketMessageModel.name, ticketMessageModel.schema);
	const ticket = await tickets.findOne({}).lean<Ticket>();
	if (!ticket) throw new Error("there is no ticket to copy");
	const message = await messages.findOne({ tenantId: ticket.tenantId, ticketId: ticket._id }).lean<TicketMessage>();
	return {
		async add(first, count) {
			const copies = copiesOf(ticket, first, count, Date.now());
			await tickets.insertMany(copies, { lean: true } as never);
			if (message)
				await messages.insertMany(
					copies.map(({ _id }) => ({ ...message, _id: newId(), ticketId: _id, body: text(WORDS_OF_MESSAGE) })),
					{ lean: true } as never,
				);
			return copies;
		},
		async close() {
			await connection.close();
			await runtime.close();
		},
	};
}

/**
 * Brings a stopped instance to `size` copies of its first ticket, where `done` of them are there already: the same
 * documents and index entries that as many requests would leave, in a fraction of the time. The search index, which has
 * heard nothing of them, is thrown away, so that the next start builds it.
 */
export async function fill(dataDir: string, size: number, done: number): Promise<void> {
	const copier = await openCopier(dataDir);
	for (let next = done; next < size; next += BATCH) await copier.add(next, Math.min(BATCH, size - next));
	await copier.close();
	for (const ending of ["", "-wal", "-shm"]) await rm(path.join(dataDir, `search.db${ending}`), { force: true });
}
