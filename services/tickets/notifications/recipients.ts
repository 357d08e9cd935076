import type { ActionOf } from "../../../contracts/rule-actions.ts";
import type { InTransaction } from "../../../mixins/repository.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { type PersonCopy, personCopyModel } from "../../../models/ticket-copies.ts";
import type { Tickets } from "../tickets-store.ts";

/** One notice reaches so many people at most. */
const MAX_RECIPIENTS = 500;

type Notified = Pick<ActionOf<"notify">, "users" | "groups" | "roles">;

/** The people of a tenant that a filter finds, who are with it now. */
export function activePeople(
	{ store }: Tickets,
	tx: InTransaction,
	tenantId: string,
	filter: object,
): Promise<PersonCopy[]> {
	return store
		.model(personCopyModel)
		.find({ tenantId, active: true, ...filter } as never)
		.sort({ _id: 1 })
		.limit(MAX_RECIPIENTS)
		.session(tx.session)
		.lean<PersonCopy[]>();
}

/** The supervisors of a ticket's group, who are nobody without a group. */
export async function supervisorsOf(
	tickets: Tickets,
	tx: InTransaction,
	{ tenantId, groupId }: Pick<Ticket, "tenantId" | "groupId">,
): Promise<PersonCopy[]> {
	if (groupId === null) return [];
	return activePeople(tickets, tx, tenantId, { role: "supervisor", groupIds: groupId });
}

/** The ids of everybody that a notice names, each once: active people of staff. */
export async function recipientsOf(
	tickets: Tickets,
	tx: InTransaction,
	ticket: Ticket,
	{ users = [], groups = [], roles = [] }: Notified,
): Promise<string[]> {
	const { tenantId } = ticket;
	const ids = new Set<string>();
	for (const user of users) {
		if (user === "assignee") {
			if (ticket.assigneeId !== null) ids.add(ticket.assigneeId);
		} else if (user === "followers") for (const id of ticket.followerIds) ids.add(id);
		else if (user === "supervisor_of_group")
			for (const { _id } of await supervisorsOf(tickets, tx, ticket)) ids.add(_id);
		else ids.add(user);
	}
	const named = await tickets.copies.people.byIds(tenantId, ids, tx);
	const found = new Set([...named.values()].filter(({ active }) => active).map(({ _id }) => _id));
	const wanted = [
		...(groups.length > 0 ? [{ groupIds: { $in: groups } }] : []),
		...(roles.length > 0 ? [{ role: { $in: roles } }] : []),
	];
	for (const filter of wanted) for (const { _id } of await activePeople(tickets, tx, tenantId, filter)) found.add(_id);
	return [...found].slice(0, MAX_RECIPIENTS);
}
