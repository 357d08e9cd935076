import { isDeepStrictEqual } from "node:util";
import type { ParamsOf } from "../../../contracts/contract.ts";
import type { previewTicketMerge } from "../../../contracts/ticket-merge.ts";
import { invalidField, Problem } from "../../../lib/problem.ts";
import type { InTransaction } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Ticket, TicketLink } from "../../../models/ticket.ts";
import { refuseErased } from "../erasure/refuse-erased.ts";
import { apply, type LifecycleContext, type Outcome, ticketClosed } from "../lifecycle.ts";
import { isAncestor } from "../links.ts";
import type { Tickets } from "../tickets-store.ts";
import { checkLength, copiesOf, placesOf } from "./copied-messages.ts";
import { mergedFields, mergedInstants, mergedLinks, reopens } from "./merged-ticket.ts";
import { added, countersOf, interleaved, numbered, type Placed } from "./threads.ts";

type Params = ParamsOf<typeof previewTicketMerge>;

/** Which tickets go up in which, and where the request names the others. */
export interface Asked {
	targetId: string;
	sourceIds: string[];
	allowDifferentCustomer: boolean;
	pointer(sourceId: string): string;
}

export function asked({ id, targetId, sourceIds, allowDifferentCustomer = false }: Params): Asked {
	if ((targetId === undefined) === (sourceIds === undefined))
		throw invalidField("/targetId", "Say which ticket this one goes up in: either targetId or sourceIds.", "required");
	if (targetId === id) throw invalidField("/targetId", "A ticket is not merged with itself.", "self");
	const itself = sourceIds?.indexOf(id) ?? -1;
	if (itself >= 0) throw invalidField(`/sourceIds/${itself}`, "A ticket is not merged with itself.", "self");
	if (targetId !== undefined) return { targetId, sourceIds: [id], allowDifferentCustomer, pointer: () => "/targetId" };
	const sources = sourceIds ?? [];
	const pointer = (source: string) => `/sourceIds/${sources.indexOf(source)}`;
	return { targetId: id, sourceIds: sources, allowDifferentCustomer, pointer };
}

function checkPair(source: Ticket, target: Ticket, { allowDifferentCustomer, pointer }: Asked): void {
	for (const ticket of [source, target]) if (ticket.status === "closed") throw ticketClosed(ticket);
	if (source.customerId === target.customerId || allowDifferentCustomer) return;
	throw new Problem(409, "conflict", "The tickets are of different customers; `allowDifferentCustomer` merges them.", {
		errors: [{ pointer: pointer(source._id), code: "different_customer", message: "It is another customer's." }],
	});
}

/** What one source makes of the target. */
export interface Plan {
	source: Ticket;
	target: Ticket;
	outcome: Outcome;
	next: Ticket;
	copies: Map<string, Placed>;
	before: Placed[];
	thread: Placed[];
}

/** The links of both that can stand together: what would make the target its own ancestor is left out. */
async function linksOf(
	tickets: Tickets,
	tx: Transaction | null,
	source: Ticket,
	target: Ticket,
): Promise<TicketLink[]> {
	const links: TicketLink[] = [];
	for (const link of mergedLinks(source, target)) {
		const isNew = !target.links.some((one) => isDeepStrictEqual(one, link));
		if (tx && isNew && (link.type === "parent" || link.type === "child")) {
			const other = await tickets.tickets.get({ tenantId: target.tenantId }, link.ticketId, tx);
			const [below, above] = link.type === "child" ? [other, target] : [target, other];
			if (!below || !above || (await isAncestor(tickets, tx, above, below._id))) continue;
		}
		links.push(link);
	}
	return links;
}

/** What a source makes of its target, worked out on both as they are. @throws 409, 410 and 422 where that may not be */
export async function plan(
	tickets: Tickets,
	tx: Transaction | null,
	pair: { source: Ticket; target: Ticket },
	request: Asked,
	context: LifecycleContext,
): Promise<Plan> {
	const { source, target } = pair;
	checkPair(source, target, request);
	const { tenantId } = target;
	const inTx: InTransaction | undefined = tx ?? undefined;
	checkLength(source.messageCount + target.messageCount);
	const before = await placesOf(tickets, target, inTx);
	const fresh = added(before, await placesOf(tickets, source, inTx));
	const ids = copiesOf(fresh);
	const thread = numbered(
		interleaved(
			before,
			fresh.map((one) => ({ ...one, _id: ids.get(one._id) as string })),
		),
	);
	const byId = new Map(thread.map((one) => [one._id, one]));
	const copies = new Map(fresh.map(({ _id }) => [_id, byId.get(ids.get(_id) as string) as Placed]));
	const requesters = await tickets.copies.customers.byIds(tenantId, [source.customerId, target.customerId], inTx);
	for (const requester of requesters.values()) refuseErased(requester);
	const email = (id: string) => requesters.get(id)?.email?.toLowerCase() ?? null;
	const patch = mergedFields(source, target, {
		links: await linksOf(tickets, tx, source, target),
		emails: { source: email(source.customerId), target: email(target.customerId) },
		pointer: request.pointer(source._id),
	});
	const opens = reopens(source, target) ? ({ status: "open" } as const) : {};
	const outcome = apply(target, { type: "change", patch: { ...patch, ...opens }, reason: "merge" }, context);
	const next = { ...outcome.next, ...mergedInstants(source, target), ...countersOf(thread) };
	return { source, target, outcome, next, copies, before, thread };
}
