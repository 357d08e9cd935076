import type { TenantCaller } from "../../contracts/caller.ts";
import { invalidField } from "../../lib/problem.ts";
import type { CallContext } from "../../mixins/action.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { PersonCopy } from "../../models/ticket-copies.ts";
import { mustBeAllowedToPlace } from "./access.ts";
import { learnWhoIsThere } from "./assignment/presence.ts";
import { groupById, type Learned, personById } from "./neighbours.ts";
import type { Tickets } from "./tickets-store.ts";

const ASSIGNABLE_ROLES = new Set(["owner", "admin", "supervisor", "agent"]);

/** Whether somebody may be responsible for tickets at all. */
export function isAssignable(person: Pick<PersonCopy, "role" | "active">): boolean {
	return person.active && ASSIGNABLE_ROLES.has(person.role);
}

/** Whether somebody may be responsible for a ticket of this group. */
export function fits(person: Pick<PersonCopy, "role" | "active" | "groupIds">, groupId: string | null): boolean {
	return isAssignable(person) && (groupId === null || person.groupIds.includes(groupId));
}

/** Why somebody may not keep a ticket that they may not be responsible for any more. */
export function unfitness(person: Pick<PersonCopy, "role" | "active">): string {
	if (!person.active) return "deactivated";
	return isAssignable(person) ? "left_group" : "role_changed";
}

/** Where a request wants a ticket to be; undefined leaves it. */
export interface WantedPlace {
	groupId?: string | null;
	assigneeId?: string | null;
}

/**
 * Makes sure before a commit that the people and groups of a request exist, as identity knows them, and where somebody is
 * to be found for the ticket, who is there.
 */
export async function learnPlace(
	ctx: CallContext,
	tickets: Tickets,
	tenantId: string,
	wanted: WantedPlace,
	learned: Learned,
): Promise<void> {
	if (wanted.groupId) {
		const group = await groupById(ctx, tickets, tenantId, wanted.groupId, learned);
		if (!wanted.assigneeId) await learnWhoIsThere(ctx, tickets, group, learned);
	}
	if (wanted.assigneeId) await personById(ctx, tickets, tenantId, wanted.assigneeId, "/assigneeId", learned);
}

/**
 * Where a ticket goes, decided inside the transaction on what holds there: the caller may place it so, the assignee is
 * of the group, and an assignee who is not of a new group loses the ticket.
 * @throws 403 `forbidden`, 422 at `/assigneeId`
 */
export async function settlePlace(
	{ copies }: Tickets,
	tx: InTransaction,
	caller: TenantCaller,
	ticket: Pick<Ticket, "tenantId" | "groupId" | "assigneeId">,
	wanted: WantedPlace,
): Promise<Partial<Pick<Ticket, "groupId" | "assigneeId">>> {
	const groupId = wanted.groupId === undefined ? ticket.groupId : wanted.groupId;
	const assigneeId = wanted.assigneeId === undefined ? ticket.assigneeId : wanted.assigneeId;
	if (groupId === ticket.groupId && assigneeId === ticket.assigneeId) return {};
	const person = assigneeId === null ? undefined : await copies.people.byId(ticket.tenantId, assigneeId, tx);
	const candidate = person ? { id: person._id, groupIds: person.groupIds } : null;
	mustBeAllowedToPlace(caller, ticket, {
		...(groupId === ticket.groupId ? {} : { groupId }),
		...(assigneeId === ticket.assigneeId ? {} : { assignee: candidate }),
	});
	const stays = assigneeId === null || (person !== undefined && fits(person, groupId));
	if (stays) return { groupId, assigneeId };
	if (wanted.assigneeId) throw notOfTheGroup(person, groupId);
	return { groupId, assigneeId: null };
}

function notOfTheGroup(person: PersonCopy | undefined, groupId: string | null) {
	return person && isAssignable(person) && groupId !== null
		? invalidField("/assigneeId", "The assignee is not a member of the ticket's group.", "not_a_member")
		: invalidField("/assigneeId", "Tickets can be given to active people of staff only.", "not_assignable");
}
