import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { addLink, removeLink } from "../../contracts/ticket-relations.ts";
import type { TicketViewShape } from "../../contracts/tickets-views.ts";
import { invalidField, notFound, Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion, type Scope } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { LinkType, Ticket, TicketLink } from "../../models/ticket.ts";
import { readerOf } from "./access.ts";
import { ticketClosed } from "./lifecycle.ts";
import { scopeOf } from "./reach.ts";
import { referencesOf } from "./references.ts";
import { saveRevision } from "./save.ts";
import type { Tickets } from "./tickets-store.ts";
import { ticketView } from "./views.ts";

export const MAX_LINKS = 50;

/** How far up a family is looked for a cycle; deeper ones are refused. */
const MAX_ANCESTORS = 500;

/** The link that the other ticket shows, for the kinds that show on both. */
export const OPPOSITE: Partial<Record<LinkType, LinkType>> = { parent: "child", child: "parent", related: "related" };

const same = (a: TicketLink) => (b: TicketLink) => a.type === b.type && a.ticketId === b.ticketId;

/** Whether `descendantId` stands below `ticket` already, going up from it by parent links. */
export async function isAncestor(
	tickets: Tickets,
	tx: Transaction,
	ticket: Ticket,
	descendantId: string,
): Promise<boolean> {
	const { tenantId } = ticket;
	const seen = new Set<string>();
	let generation = [ticket];
	while (generation.length > 0) {
		const parents = generation.flatMap(({ links }) => links.filter(({ type }) => type === "parent"));
		const ids = [...new Set(parents.map(({ ticketId }) => ticketId))].filter((id) => !seen.has(id));
		if (ids.includes(descendantId) || seen.size > MAX_ANCESTORS) return true;
		for (const id of ids) seen.add(id);
		if (ids.length === 0) return false;
		generation = await tickets.tickets.find({ tenantId }, { _id: { $in: ids } }, { limit: MAX_ANCESTORS, tx });
	}
	return false;
}

export async function withLinks(
	tickets: Tickets,
	tx: Transaction,
	before: Ticket,
	links: TicketLink[],
): Promise<Ticket> {
	if (links.length > MAX_LINKS) throw invalidField("/ticketId", `A ticket has at most ${MAX_LINKS} links.`, "maxItems");
	if (links.length === before.links.length) return before;
	const changed = [{ field: "links", from: before.links, to: links }];
	return saveRevision(tickets, tx, {
		before,
		next: { ...before, links },
		action: "ticket.updated",
		changes: changed,
		events: [{ type: "updated", changed }],
	});
}

interface Pair {
	ticket: Ticket;
	other: Ticket;
}

/** Works on two tickets of the caller's, of which the second may be deleted, in one transaction; answers the first. */
async function onPair(
	ctx: CallContext,
	tickets: Tickets,
	ids: [string, string],
	ifVersion: number | undefined,
	work: (tx: Transaction, pair: Pair) => Promise<Ticket>,
): Promise<TicketViewShape> {
	const caller = callerOf(ctx);
	const scope: Scope = await scopeOf(ctx, tickets);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const ticket = await tickets.tickets.require(scope, ids[0], tx);
		checkVersion(ticket, ifVersion);
		const other =
			(await tickets.tickets.get(scope, ids[1], tx)) ?? (await deletedTicket(tickets, tx, scope.tenantId, ids[1]));
		if (!other) throw notFound("linked ticket");
		if (ticket.status === "closed") throw ticketClosed(ticket);
		const saved = await work(tx, { ticket, other });
		return ticketView(saved, await referencesOf(ctx, tickets, scope.tenantId, [saved], [], tx), readerOf(caller));
	});
}

async function deletedTicket({ tickets }: Tickets, tx: Transaction, tenantId: string, id: string) {
	const ticket = await tickets.get({ tenantId }, id, tx);
	return ticket && ticket.deletedAt !== null ? ticket : null;
}

function add(ctx: CallContext<ParamsOf<typeof addLink>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, type, ticketId } = ctx.params;
	return onPair(ctx, tickets, [id, ticketId], undefined, async (tx, { ticket, other }) => {
		if (other.deletedAt !== null) throw notFound("linked ticket");
		if (ticket._id === other._id) throw invalidField("/ticketId", "A ticket is not linked to itself.", "self");
		const [below, above] = type === "child" ? [other, ticket] : [ticket, other];
		if ((type === "parent" || type === "child") && (await isAncestor(tickets, tx, above, below._id)))
			throw new Problem(409, "link_cycle", "A ticket cannot become its own ancestor.");
		const opposite = OPPOSITE[type];
		const back = opposite && { type: opposite, ticketId: ticket._id };
		if (back && !other.links.some(same(back))) await withLinks(tickets, tx, other, [...other.links, back]);
		const link = { type, ticketId: other._id };
		return ticket.links.some(same(link)) ? ticket : withLinks(tickets, tx, ticket, [...ticket.links, link]);
	});
}

function remove(ctx: CallContext<ParamsOf<typeof removeLink>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, linkId, type, ifVersion } = ctx.params;
	return onPair(ctx, tickets, [id, linkId], ifVersion, async (tx, { ticket, other }) => {
		const gone = ticket.links.filter((link) => link.ticketId === linkId && (type === undefined || link.type === type));
		if (gone.length === 0) throw notFound("link");
		const opposites = gone.map((link) => ({ type: OPPOSITE[link.type], ticketId: ticket._id }));
		const isOpposite = (link: TicketLink) =>
			opposites.some((one) => one.type === link.type && one.ticketId === link.ticketId);
		// Of a deleted ticket nothing is told, so nothing of it changes.
		const kept = other.links.filter((link) => !isOpposite(link));
		if (other.deletedAt === null) await withLinks(tickets, tx, other, kept);
		return withLinks(
			tickets,
			tx,
			ticket,
			ticket.links.filter((link) => !gone.includes(link)),
		);
	});
}

/** Links between tickets. */
export function linkActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		addLink: action(addLink, (ctx) => add(ctx, tickets)),
		removeLink: action(removeLink, (ctx) => remove(ctx, tickets)),
	};
}
