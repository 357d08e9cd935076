import { newId } from "../../../lib/ids.ts";
import { Problem } from "../../../lib/problem.ts";
import type { InTransaction } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { type TicketMessage, ticketMessageModel } from "../../../models/ticket-message.ts";
import { rootOf } from "../attachments/files.ts";
import type { Tickets } from "../tickets-store.ts";
import type { Placed } from "./threads.ts";

/** The longest thread that a merge makes: what one transaction writes in about a second. */
export const MAX_THREAD = 5000;
const AT_ONCE = 200;

type Row = Pick<
	TicketMessage,
	"_id" | "originMessageId" | "createdAt" | "kind" | "attachments" | "seq" | "publicSeq" | "authorType"
>;

const placed = (row: Row): Placed => ({
	_id: row._id,
	root: rootOf(row),
	createdAt: row.createdAt,
	isPublic: row.kind === "public_reply",
	attachments: row.attachments?.length ?? 0,
	seq: row.seq,
	publicSeq: row.publicSeq,
});

/** The places of a ticket's messages in its thread, without their texts. */
export async function placesOf({ store }: Tickets, ticket: Ticket, tx?: InTransaction): Promise<Placed[]> {
	const { tenantId, _id: ticketId } = ticket;
	const rows = await store
		.model(ticketMessageModel)
		.find({ tenantId, ticketId } as never)
		.sort({ seq: 1, _id: 1 })
		.select("_id originMessageId createdAt kind attachments.id seq publicSeq")
		.session(tx?.session ?? null)
		.lean<Row[]>();
	return rows.map(placed);
}

/** Throws 409 for threads that are too long together. */
export function checkLength(length: number): void {
	if (length > MAX_THREAD)
		throw new Problem(409, "conflict", `Together these threads are longer than ${MAX_THREAD} messages.`);
}

/** Gives ids to what is going to be copied. */
export const copiesOf = (messages: readonly Placed[]): Map<string, string> =>
	new Map(messages.map(({ _id }) => [_id, newId()]));

/**
 * Writes copies of messages into another ticket's thread: the same text, author, files and time; which mail it came as
 * is known of the first alone. `places` are theirs in that thread, by the id of what is copied.
 */
export async function writeCopies(
	{ store }: Tickets,
	tx: Transaction,
	target: Pick<Ticket, "_id" | "tenantId">,
	places: ReadonlyMap<string, Placed>,
): Promise<void> {
	const rows = store.model(ticketMessageModel);
	const ids = [...places.keys()];
	for (let from = 0; from < ids.length; from += AT_ONCE) {
		const some = await rows
			.find({ _id: { $in: ids.slice(from, from + AT_ONCE) }, tenantId: target.tenantId } as never)
			.session(tx.session)
			.lean<TicketMessage[]>();
		const copies = some.map(({ messageId: _mail, ...message }) => {
			const { _id, seq, publicSeq } = places.get(message._id) as Placed;
			return {
				...message,
				...{ _id, ticketId: target._id, seq, publicSeq, version: 1, updatedAt: tx.now },
				originTicketId: message.originTicketId ?? message.ticketId,
				originMessageId: rootOf(message),
			};
		});
		// Past Mongoose, which would cast and validate what is stored already.
		await rows.collection.insertMany(copies as never[], { session: tx.session });
	}
}

/** Writes the new numbers of messages that have others than before. */
export async function renumber(
	{ store }: Tickets,
	tx: Transaction,
	before: readonly Placed[],
	after: readonly Placed[],
): Promise<void> {
	const numbers = new Map(before.map((one) => [one._id, one]));
	const operations = after
		.filter((one) => {
			const old = numbers.get(one._id);
			return old !== undefined && (old.seq !== one.seq || old.publicSeq !== one.publicSeq);
		})
		.map(({ _id, seq, publicSeq }) => ({
			updateOne: { filter: { _id }, update: { $set: { seq, publicSeq, updatedAt: tx.now }, $inc: { version: 1 } } },
		}));
	if (operations.length === 0) return;
	await store
		.model(ticketMessageModel)
		.collection.bulkWrite(operations as never, { session: tx.session, ordered: true });
}
