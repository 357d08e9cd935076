import { isDeepStrictEqual } from "node:util";
import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { type MergePreviewShape, mergeTickets, previewTicketMerge } from "../../../contracts/ticket-merge.ts";
import { ticketMerged } from "../../../contracts/tickets-events.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { checkVersion, type InTransaction, type Scope } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Ticket, TicketLink } from "../../../models/ticket.ts";
import { demand, readerOf } from "../access.ts";
import { actorOfCaller, authorOf } from "../authorship.ts";
import { checkBody } from "../input.ts";
import { apply } from "../lifecycle.ts";
import { MAX_LINKS, OPPOSITE, withLinks } from "../links.ts";
import { keepLearned, nothingLearned } from "../neighbours.ts";
import { scopeOf } from "../reach.ts";
import { referencesOf } from "../references.ts";
import { emitMessage, saveRevision } from "../save.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Tickets } from "../tickets-store.ts";
import { ticketView } from "../views.ts";
import { counted, draftMessage, type MessageDraft, writeMessage } from "../write-message.ts";
import { renumber, writeCopies } from "./copied-messages.ts";
import { closedSource } from "./merged-ticket.ts";
import { type Asked, asked, type Plan, plan } from "./plan.ts";

type Params = ParamsOf<typeof previewTicketMerge>;

/** Tickets that had a link with the source, which shows on both, have it with the target too, as far as there is room. */
async function linkBack(tickets: Tickets, tx: Transaction, target: Ticket, links: readonly TicketLink[]) {
	const { tenantId } = target;
	for (const { type, ticketId } of links) {
		const opposite = OPPOSITE[type];
		const other = opposite && (await tickets.tickets.get({ tenantId }, ticketId, tx));
		if (!other || other.deletedAt !== null || other.links.length >= MAX_LINKS) continue;
		const back = { type: opposite, ticketId: target._id };
		if (!other.links.some((one) => isDeepStrictEqual(one, back)))
			await withLinks(tickets, tx, other, [...other.links, back]);
	}
}

async function mergeOne(tickets: Tickets, tx: Transaction, planned: Plan): Promise<Ticket> {
	const { source, target, outcome, next, copies, before, thread } = planned;
	const closed = closedSource(source, target._id, tx.now);
	const savedSource = await saveRevision(tickets, tx, {
		before: source,
		...closed,
		action: "ticket.merged",
		happened: { type: "merged" },
	});
	const waiting = isDeepStrictEqual(target.waitingSince, next.waitingSince)
		? []
		: [
				{
					field: "waitingSince",
					from: target.waitingSince?.toISOString() ?? null,
					to: next.waitingSince?.toISOString(),
				},
			];
	const changed = [
		{ field: "mergedFrom", from: null, to: source._id },
		...outcome.changes.filter(({ field }) => field !== "status" && field !== "subStatus"),
		...waiting,
	];
	const moved = [...copies.values()].map(({ _id }) => _id);
	const saved = await saveRevision(tickets, tx, {
		before: target,
		next,
		action: "ticket.merged",
		changes: [
			...changed,
			...outcome.changes.filter(({ field }) => field === "status" || field === "subStatus"),
			{ field: "messages", from: null, to: moved },
		],
		events: [{ type: "updated", changed }, ...outcome.events.filter(({ type }) => type !== "updated")],
	});
	await writeCopies(tickets, tx, target, copies);
	await renumber(tickets, tx, before, thread);
	const at = tx.now.toISOString();
	const told = { ticket: snapshotOf(savedSource), at, sourceId: source._id, targetId: target._id };
	await tx.emit(ticketMerged, savedSource, told);
	const taken = saved.links.filter((link) => !target.links.some((one) => isDeepStrictEqual(one, link)));
	await linkBack(tickets, tx, saved, taken);
	return saved;
}

/** Adds what the caller says to the merge as an internal note. */
async function comment(tickets: Tickets, tx: Transaction, before: Ticket, draft: MessageDraft, caller: TenantCaller) {
	const context = { now: tx.now, actor: draft.author.actor, settings: caller.tenant.settings };
	const { next } = apply({ ...before, ...counted(before, draft) }, { type: "note" }, context);
	const changes = [{ field: "message", from: null, to: draft._id }];
	const saved = await saveRevision(tickets, tx, { before, next, action: "note.added", changes });
	const message = await writeMessage(tickets, tx, saved, draft, tx.now);
	await emitMessage(tx, saved, message, { isFirstResponse: false, responseSec: null });
	return saved;
}

/** The tickets of a merge that the caller may see, as they are now. The one in the path first: it decides on `If-Match`. */
async function load(
	tickets: Tickets,
	scope: Scope,
	{ id, ifVersion }: { id: string; ifVersion?: number | undefined },
	{ targetId, sourceIds }: Asked,
	tx?: InTransaction,
): Promise<{ target: Ticket; sources: Ticket[] }> {
	const path = await tickets.tickets.require(scope, id, tx);
	checkVersion(path, ifVersion);
	const byId = new Map([[id, path]]);
	for (const one of [targetId, ...sourceIds])
		if (!byId.has(one)) byId.set(one, await tickets.tickets.require(scope, one, tx));
	return { target: byId.get(targetId) as Ticket, sources: sourceIds.map((one) => byId.get(one) as Ticket) };
}

/** Work that changes several tickets, in turn with all other work of this process on any of them. */
function inTurns<T>({ turns }: Tickets, ids: readonly string[], work: () => Promise<T>): Promise<T> {
	return [...new Set(ids)].sort().reduceRight<() => Promise<T>>((inner, id) => () => turns.run(id, inner), work)();
}

async function noteOf(ctx: CallContext, tickets: Tickets, text: string | undefined, targetId: string) {
	if (text === undefined) return null;
	const caller = callerOf(ctx);
	checkBody(text, "/comment");
	demand(may(caller, "tickets.notes.write"), "This needs the permission tickets.notes.write.");
	const learned = nothingLearned();
	const author = await authorOf(ctx, tickets, {}, targetId, learned);
	return { draft: draftMessage(text, undefined, "internal_note", author), learned };
}

async function merge(
	ctx: CallContext<ParamsOf<typeof mergeTickets>>,
	tickets: Tickets,
): Promise<ResultOf<typeof mergeTickets>> {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const scope = await scopeOf(ctx, tickets);
	await tickets.tickets.require(scope, params.id);
	const request = asked(params);
	const note = await noteOf(ctx, tickets, params.comment, request.targetId);
	const work = async (tx: Transaction) => {
		const { target, sources } = await load(tickets, scope, params, request, tx);
		const context = { now: tx.now, actor: actorOfCaller(caller), settings: caller.tenant.settings };
		let merged = target;
		for (const found of sources) {
			// Linked with one that was merged just now, it may be another than it was.
			const source = (await tickets.tickets.get(scope, found._id, tx)) ?? found;
			const current = (await tickets.tickets.get(scope, merged._id, tx)) ?? merged;
			merged = await mergeOne(tickets, tx, await plan(tickets, tx, { source, target: current }, request, context));
		}
		if (note) {
			await keepLearned(tickets, tx, note.learned);
			merged = await comment(tickets, tx, merged, note.draft, caller);
		}
		const references = await referencesOf(ctx, tickets, caller.tenant.id, [merged], [], tx);
		return { ...ticketView(merged, references, readerOf(caller)), mergedIds: request.sourceIds };
	};
	return inTurns(tickets, [request.targetId, ...request.sourceIds], () => tickets.store.commit(commandOf(ctx), work));
}

async function preview(ctx: CallContext<Params>, tickets: Tickets): Promise<MergePreviewShape> {
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const scope = await scopeOf(ctx, tickets);
	const { params } = ctx;
	await tickets.tickets.require(scope, params.id);
	const request = asked(params);
	const { target, sources } = await load(tickets, scope, params, request);
	const now = tickets.runtime.clock.now();
	const context = { now, actor: actorOfCaller(caller), settings: caller.tenant.settings };
	let merged = target;
	const counts = { messages: 0, attachments: 0 };
	for (const source of sources) {
		const planned = await plan(tickets, null, { source, target: merged }, request, context);
		counts.messages += planned.copies.size;
		counts.attachments += [...planned.copies.values()].reduce((sum, { attachments }) => sum + attachments, 0);
		merged = planned.next;
	}
	const own = {
		messageCount: target.messageCount + counts.messages,
		attachmentCount: target.attachmentCount + counts.attachments,
	};
	const references = await referencesOf(ctx, tickets, caller.tenant.id, [merged]);
	const [was, is] = [target, { ...merged, ...own }].map((ticket) => ticketView(ticket, references, reader));
	const names = Object.keys(is as object) as (keyof MergePreviewShape["ticket"])[];
	return {
		targetId: target._id,
		sourceIds: request.sourceIds,
		ticket: is as MergePreviewShape["ticket"],
		changed: names.filter((name) => !isDeepStrictEqual(was?.[name], is?.[name])),
		...counts,
	};
}

/** Making one ticket of several. */
export function mergeActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		merge: action(mergeTickets, (ctx) => merge(ctx, tickets)),
		previewMerge: action(previewTicketMerge, (ctx) => preview(ctx, tickets)),
	};
}
