import type { InTransaction } from "../../../mixins/repository.ts";
import type { Ticket, TicketPriority, TicketStatus } from "../../../models/ticket.ts";
import type { TicketAudit } from "../../../models/ticket-audit.ts";
import type { TicketMessage } from "../../../models/ticket-message.ts";
import type { SlaMetric } from "../../../models/ticket-sla.ts";
import type { Tickets } from "../tickets-store.ts";
import type { SlaFact } from "./clocks.ts";
import type { Terms } from "./promise-calculation.ts";
import { type TermsReference, termsIdOf } from "./terms-book.ts";

/*
 * A ticket's history as the facts that its clocks go by: from its audit rows and messages, which are never changed.
 */

/** The audit rows' name for the terms that hold. */
export const TERMS_FIELD = "sla";
export const WAIVED = "sla.waived";

type Said = Pick<TicketMessage, "kind" | "authorType">;

/** Whose word counts: what is public and was written by a person. */
export function writtenBy(message: Said | undefined): "customer" | "agent" | undefined {
	if (message?.kind !== "public_reply" || message.authorType === "system") return undefined;
	return message.authorType;
}

/** Whether somebody of staff did something, by who is noted as its actor. */
export const isStaff = (actorType: string) => actorType === "user" || actorType === "service";

type Row = Pick<TicketAudit, "at" | "action" | "actor" | "changes">;

const changeOf = (row: Row, field: string) => row.changes.findLast((change) => change.field === field);

/** What is known besides the rows. */
export interface Known {
	/** by id */
	messages: ReadonlyMap<string, Said>;
	terms: ReadonlyMap<string, Terms>;
	/** who wrote the first message, if the ticket was opened with one */
	first: "customer" | "agent" | "system" | null;
}

/** Who wrote what the row says was added; an answer counts for more than a question in the same commit. */
function saidIn(row: Row, { messages }: Known): "customer" | "agent" | undefined {
	const added = row.changes.filter(({ field, from }) => field === "message" && from === null);
	const authors = added.map(({ to }) => writtenBy(messages.get(to as string)));
	return authors.includes("agent") ? "agent" : authors.includes("customer") ? "customer" : undefined;
}

/** Whether somebody waits since then who was not known to before: a ticket came in whose customer did. */
function beganToWait(row: Row): boolean {
	const waiting = changeOf(row, "waitingSince");
	return waiting !== undefined && waiting.from === null && waiting.to !== null;
}

/** One audit row as a fact; `held` is what holds before it. */
export function factOfRow(row: Row, isFirst: boolean, known: Known, held: NonNullable<SlaFact["terms"]>): SlaFact {
	const { at, actor, action } = row;
	const to = (field: string) => changeOf(row, field)?.to;
	const message = saidIn(row, known) ?? (beganToWait(row) ? "customer" : undefined);
	const status = to("status") as TicketStatus | undefined;
	const deletedAt = changeOf(row, "deletedAt");
	const priority = (to("priority") as TicketPriority | undefined) ?? held.priority;
	const applied = changeOf(row, TERMS_FIELD);
	const reference = applied?.to as TermsReference | null | undefined;
	const terms = applied ? (reference ? (known.terms.get(termsIdOf(reference)) ?? null) : null) : held.terms;
	const waived = action === WAIVED ? metricOf(row) : undefined;
	return {
		at,
		byAgent: isStaff(actor.type) && message !== "customer",
		...(isFirst ? { opened: { first: known.first } } : {}),
		...(message ? { message } : {}),
		...(action === "ticket.no_reply_needed" ? { noReplyNeeded: true } : {}),
		...(status ? { status } : {}),
		...(to("mergedIntoId") ? { merged: true } : {}),
		...(deletedAt ? { deleted: deletedAt.to !== null } : {}),
		...(applied || priority !== held.priority ? { terms: { terms, priority } } : {}),
		...(waived ? { waived } : {}),
	};
}

/** The promise that a waiver was about, from the name of the field that it changed: `sla.resolution`. */
function metricOf(row: Row): SlaMetric | undefined {
	const field = row.changes.find((change) => change.field.startsWith("sla."))?.field;
	return field?.slice("sla.".length) as SlaMetric | undefined;
}

/** How many rows are read at once. */
const CHUNK = 1000;

async function everyRow<T extends { seq: number }>(read: (after: number) => Promise<T[]>): Promise<T[]> {
	const all: T[] = [];
	for (;;) {
		const rows = await read(all.at(-1)?.seq ?? 0);
		all.push(...rows);
		if (rows.length < CHUNK) return all;
	}
}

/** A ticket's whole history as facts, in the order in which it was written down. */
export async function factsOf(
	tickets: Tickets,
	ticket: Pick<Ticket, "_id" | "tenantId">,
	tx?: InTransaction,
): Promise<SlaFact[]> {
	const { tenantId, _id: ticketId } = ticket;
	const options = { sort: { seq: 1 } as const, limit: CHUNK, ...(tx ? { tx } : {}) };
	const after = (seq: number) => ({ ticketId, seq: { $gt: seq } });
	const rows = await everyRow((seq) => tickets.audit.find({ tenantId }, after(seq), options));
	const messages = await everyRow((seq) => tickets.messages.find({ tenantId }, after(seq), options));
	const added = new Set(
		rows.flatMap(({ changes }) =>
			changes.filter(({ field }) => field === "message" || field === "messages").flatMap(({ to }) => to),
		),
	);
	const references = rows.map((row) => changeOf(row, TERMS_FIELD)?.to as TermsReference | null | undefined);
	const known: Known = {
		messages: new Map(messages.map((message) => [message._id, message])),
		terms: await tickets.terms.byIds(
			tenantId,
			references.map((one) => (one ? termsIdOf(one) : null)),
			tx,
		),
		first: messages.find(({ _id, kind }) => kind === "public_reply" && !added.has(_id))?.authorType ?? null,
	};
	let held: NonNullable<SlaFact["terms"]> = { terms: null, priority: "normal" };
	return rows.map((row, index) => {
		const fact = factOfRow(row, index === 0, known, held);
		if (fact.terms) held = fact.terms;
		return fact;
	});
}
