import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { addMessage, editNote } from "../../contracts/ticket-threads.ts";
import { messageEdited } from "../../contracts/tickets-events.ts";
import type { ListSpec } from "../../lib/list-query.ts";
import { forbidden, invalidField, isProblem, Problem } from "../../lib/problem.ts";
import { renderHtml } from "../../lib/rich-text.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion, type Scope } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { TicketMessage } from "../../models/ticket-message.ts";
import { demand, mustBeOwnToSolve, type Reader, readerOf } from "./access.ts";
import { filesOf } from "./attachments/files.ts";
import { type Author, authorOf, checkMailIds, instantOf } from "./authorship.ts";
import { type FieldRules, refuseIncomplete, rulesForSolving } from "./custom-fields.ts";
import { refuseErased } from "./erasure/refuse-erased.ts";
import { checkBody } from "./input.ts";
import { apply, ticketClosed } from "./lifecycle.ts";
import { MAX_HOPS, mergedInto } from "./merge/merged-into.ts";
import { keepLearned, type Learned, nothingLearned, survivorOf } from "./neighbours.ts";
import { carriedTags, writeOpening } from "./opening.ts";
import { scopeOf, ticketFor } from "./reach.ts";
import { referencesOf } from "./references.ts";
import { emitMessage, saveRevision } from "./save.ts";
import { businessResponseOf } from "./sla/business-seconds.ts";
import { snapshotOf } from "./snapshot.ts";
import type { Happened } from "./steps.ts";
import { sequenceOf, type Tickets } from "./tickets-store.ts";
import { messageView, NOTE_EDITED, ticketView } from "./views.ts";
import { counted, draftMessage, type MessageDraft, writeMessage } from "./write-message.ts";

/** How long the author of a note may correct it, ms. */
const NOTE_EDITABLE_MS = 15 * 60 * 1000;

/** The messages of a ticket that a reader may see. */
export function threadScope(tenantId: string, ticketId: string, reader: Reader): Scope {
	return { tenantId, filter: reader.notes ? { ticketId } : { ticketId, kind: "public_reply" } };
}

/** How a thread is ordered for a reader: by the numbering that is shown. */
export function threadSpec(spec: ListSpec, reader: Reader): ListSpec {
	return reader.notes ? spec : { ...spec, sortPaths: { seq: "publicSeq" } };
}

type Params = ParamsOf<typeof addMessage>;
type Added = ResultOf<typeof addMessage>;

/** Throws 403 or 422 for what the caller may not say, or not in this way. */
function checkParams(caller: TenantCaller, params: Params): void {
	checkBody(params.body, "/body");
	if (params.failOnNew && params.lastSeenSeq === undefined)
		throw invalidField("/lastSeenSeq", "failOnNew needs the last message you have seen.", "required");
	if (params.kind === "internal_note") {
		demand(may(caller, "tickets.notes.write"), "This needs the permission tickets.notes.write.");
		if (params.asCustomer) throw invalidField("/asCustomer", "Customers write no internal notes.", "conflict");
		if (params.status) throw invalidField("/status", "An internal note changes no status.", "conflict");
	}
	checkMailIds(caller, params);
	if (params.status === undefined) return;
	if (caller.kind === "customer") demand(params.status === "solved", "Customers can only set a ticket solved.");
	else if (params.asCustomer && params.status !== "solved")
		throw invalidField("/status", "A customer's message can only solve a ticket.", "conflict");
	else demandStatus(caller, params.status);
}

/** Throws 403 where the caller may not bring a ticket into a status. */
export function demandStatus(caller: TenantCaller, status: Ticket["status"]): void {
	const permission = status === "closed" ? "tickets.close" : status === "solved" ? "tickets.solve" : "tickets.update";
	demand(may(caller, permission), `This needs the permission ${permission}.`);
}

/** 409 where the author has not seen the newest message that the customer sees too. */
async function checkSeen(tickets: Tickets, tx: Transaction, ticket: Ticket, reader: Reader, params: Params) {
	if (!params.failOnNew || params.lastSeenSeq === undefined) return;
	const { lastPublicMessageId: id, tenantId } = ticket;
	const newest = id === null ? null : await tickets.messages.get({ tenantId }, id, tx);
	const seq = (reader.notes ? newest?.seq : newest?.publicSeq) ?? 0;
	if (seq > params.lastSeenSeq)
		throw new Problem(409, "newer_messages", "Somebody wrote meanwhile. Read the newer messages first.", {
			extra: { lastSeq: seq },
		});
}

interface Addition {
	ctx: CallContext<Params>;
	tickets: Tickets;
	caller: TenantCaller;
	scope: Scope;
	draft: MessageDraft;
	learned: Learned;
	at: Date | null;
	/** what a ticket must have to be solved by the message */
	rules: FieldRules | null;
	/** the ticket that the message goes to: the one asked for, or where that was merged into */
	ticketId: string;
}

async function answer(
	{ ctx, tickets, caller, ticketId }: Addition,
	tx: Transaction,
	ticket: Ticket,
	message: TicketMessage,
	followUp: boolean,
): Promise<Added> {
	const reader = readerOf(caller);
	const references = await referencesOf(ctx, tickets, ticket.tenantId, [ticket], [message], tx);
	const { id, number, status, assigneeId, version } = ticketView(ticket, references, reader);
	return {
		...messageView(message, references, reader),
		ticket: { id, number, status, assigneeId, version },
		followUp,
		redirectedTo: ticketId === ctx.params.id ? null : ticket._id,
	};
}

/** Adds the message to its ticket. Throws 409 `ticket_closed` where it is closed. */
function addToTicket(addition: Addition): Promise<Added> {
	const { ctx, tickets, caller, scope, draft, learned, ticketId } = addition;
	const { params } = ctx;
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const reader = readerOf(caller);
		const before = await ticketFor(tickets, scope, reader, ticketId, { tx });
		const isNote = draft.kind === "internal_note";
		if (isNote && before.status === "closed" && !may(caller, "tickets.notes.writeClosed")) throw ticketClosed(before);
		if (ticketId === params.id) await checkSeen(tickets, tx, before, reader, params);
		await keepLearned(tickets, tx, learned);
		if (params.status === "solved") mustBeOwnToSolve(caller, before);
		refuseIncomplete(addition.rules, before);
		if (draft.author.type === "customer")
			refuseErased(await tickets.copies.customers.byId(before.tenantId, draft.author.id, tx));
		const at = addition.at ?? tx.now;
		const command = isNote
			? ({ type: "note" } as const)
			: ({ type: "reply", ...(params.status ? { status: params.status } : {}) } as const);
		const context = { now: at, actor: draft.author.actor, settings: caller.tenant.settings };
		const outcome = apply({ ...before, ...counted(before, draft) }, command, context);
		const { next, events } = outcome;
		const changes = [{ field: "message", from: null, to: draft._id }, ...outcome.changes];
		const action = isNote ? "note.added" : "message.added";
		const happened = happenedWith(draft);
		const ticket = await saveRevision(tickets, tx, { before, next, action, changes, events, at, happened });
		const message = await writeMessage(tickets, tx, ticket, draft, at);
		const business = isNote ? {} : await businessResponseOf(tickets, tx, ticket, outcome, at);
		await emitMessage(tx, ticket, message, { ...(isNote ? NO_RESPONSE : outcome), ...business });
		return answer(addition, tx, ticket, message, false);
	});
}

function happenedWith({ kind, author }: MessageDraft): Happened {
	if (kind === "internal_note") return { type: "changed" };
	return author.type === "customer" ? { type: "customer_message" } : { type: "agent_reply", automatic: false };
}

const NO_RESPONSE = { isFirstResponse: false, responseSec: null };

/** "Re: " before a subject, once. */
export function followUpSubject(subject: string): string {
	return [...(/^re:/i.test(subject) ? subject : `Re: ${subject}`)].slice(0, 255).join("");
}

/** Opens a new ticket with the message, because the one asked for is closed. */
async function addToFollowUp(addition: Addition): Promise<Added> {
	const { tickets, ctx, caller, scope, draft, learned, ticketId } = addition;
	const { id: tenantId } = caller.tenant;
	const number = await tickets.store.nextNumber(sequenceOf(tenantId));
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const closed = await tickets.tickets.require(scope, ticketId, tx);
		await keepLearned(tickets, tx, learned);
		const { companyId, groupId, ccEmails, locale } = closed;
		const tags = carriedTags(closed);
		const asked = await tickets.copies.customers.byId(tenantId, closed.customerId, tx);
		const requester = asked && (await survivorOf(tickets.copies, asked, tx));
		const customerId = requester?._id ?? closed.customerId;
		refuseErased(requester ?? undefined);
		const { ticket, messages } = await writeOpening(
			tickets,
			tx,
			{
				...{ tenantId, number, customerId, companyId, groupId, tags, ccEmails, locale },
				subject: followUpSubject(closed.subject),
				priority: "normal",
				type: closed.type,
				channel: draft.author.channel ?? closed.channel,
				assigneeId: null,
				customFields: {},
				dueAt: null,
				followUpOfId: closed._id,
				followerIds: [],
				blocked: requester?.status === "blocked",
			},
			draft,
			addition.at,
		);
		return answer(addition, tx, ticket, messages[0] as TicketMessage, true);
	});
}

async function add(ctx: CallContext<Params>, tickets: Tickets): Promise<Added> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	checkParams(caller, params);
	const scope = await scopeOf(ctx, tickets);
	const asked = await tickets.tickets.require(scope, params.id);
	const at = instantOf(caller, params.createdAt, tickets.runtime.clock.now());
	const learned = nothingLearned();
	const author: Author = await authorOf(ctx, tickets, params, asked.customerId, learned);
	const files = filesOf(params.attachments, caller, "/attachments");
	const kind = params.kind ?? "public_reply";
	const draft = draftMessage(params.body, params.bodyFormat, kind, author, params, files);
	const rules = author.type === "customer" ? null : await rulesForSolving(ctx, caller, params.status);
	const addition = { ctx, tickets, caller, scope, draft, learned, at, rules, ticketId: asked._id };
	return author.type === "customer" ? addWhereItGoes(addition) : inTurn(addition);
}

const inTurn = (addition: Addition) => addition.tickets.turns.run(addition.ticketId, () => addToTicket(addition));

/**
 * Adds a customer's message to the ticket asked for, to the one that this was merged into, or where that is closed to a
 * new one. The ticket may be merged or closed at any moment, so that it is looked at again after each refusal.
 */
async function addWhereItGoes(first: Addition): Promise<Added> {
	let addition = first;
	for (let attempt = 0; attempt < MAX_HOPS; attempt++)
		try {
			return await inTurn(addition);
		} catch (error) {
			if (!isProblem(error) || error.type !== "ticket_closed") throw error;
			const target = await mergedInto(addition.tickets, addition.caller.tenant.id, first.ticketId);
			if (!target || target._id === addition.ticketId) break;
			// Whoever may write to the one that was merged may write to where it went, without seeing it.
			const redirected = { ...addition, scope: { tenantId: target.tenantId }, ticketId: target._id };
			if (target.status === "closed") return addToFollowUp(await sameCustomer(first, redirected, target));
			addition = redirected;
		}
	return addToFollowUp(addition);
}

/** A follow-up is the requester's own: it goes on where the ticket was merged into only where that was theirs as well. */
async function sameCustomer(first: Addition, redirected: Addition, target: Ticket): Promise<Addition> {
	const asked = await first.tickets.tickets.require(first.scope, first.ticketId);
	return asked.customerId === target.customerId ? redirected : first;
}

async function edit(ctx: CallContext<ParamsOf<typeof editNote>>, tickets: Tickets): Promise<ResultOf<typeof editNote>> {
	const { id, messageId, ifVersion, body, bodyFormat } = ctx.params;
	const caller = callerOf(ctx);
	checkBody(body, "/body");
	const reader = readerOf(caller);
	const scope = await scopeOf(ctx, tickets);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const ticket = await ticketFor(tickets, scope, reader, id, { tx });
		const note = await tickets.messages.require(threadScope(ticket.tenantId, id, reader), messageId, tx);
		checkVersion(note, ifVersion);
		mustBeEditable(caller, ticket, note, tx.now);
		const format = bodyFormat ?? note.bodyFormat;
		const changed = { ...note, body, bodyFormat: format, bodyHtml: renderHtml(body, format), editedAt: tx.now };
		const saved = await tickets.messages.update(tx, note, changed);
		const changes = [
			{ field: "message", from: note._id, to: note._id },
			{ field: "body", from: note.body, to: body },
		];
		const revision = { before: ticket, next: { ...ticket }, action: NOTE_EDITED, changes };
		const after = await saveRevision(tickets, tx, revision);
		const { _id, seq, kind } = saved;
		await tx.emit(messageEdited, after, { ticket: snapshotOf(after), messageId: _id, seq, kind });
		return messageView(saved, await referencesOf(ctx, tickets, ticket.tenantId, [], [saved], tx), reader);
	});
}

function mustBeEditable(caller: TenantCaller, ticket: Ticket, note: TicketMessage, now: Date): void {
	if (note.kind !== "internal_note")
		throw new Problem(409, "conflict", "What the customer has been told is not edited.");
	if (note.authorId !== caller.id) throw forbidden("A note is corrected by its author.");
	if (note.redactedAt) throw new Problem(409, "conflict", "What was taken out for good is not written again.");
	if (note.originMessageId) throw new Problem(409, "conflict", "The note is corrected where it was written.");
	if (ticket.status === "closed" && !may(caller, "tickets.notes.writeClosed")) throw ticketClosed(ticket);
	if (now.getTime() - note.createdAt.getTime() > NOTE_EDITABLE_MS)
		throw new Problem(409, "conflict", "A note can be corrected for 15 minutes.");
}

/** Adding to a thread, and correcting a note. */
export function messageActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		addMessage: action(addMessage, (ctx) => add(ctx, tickets)),
		editNote: action(editNote, (ctx) => edit(ctx, tickets)),
	};
}
