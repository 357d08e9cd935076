import { may, type TenantCaller } from "../../contracts/caller.ts";
import { invalidField } from "../../lib/problem.ts";
import { type CallContext, callerOf } from "../../mixins/action.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { PersonCopy } from "../../models/ticket-copies.ts";
import { demand } from "./access.ts";
import type { LifecycleActor } from "./lifecycle.ts";
import { customerById, type Learned, personById } from "./neighbours.ts";
import { isAssignable } from "./placement.ts";
import type { Tickets } from "./tickets-store.ts";
import type { MailIds } from "./write-message.ts";

/** Who wrote a message, in whose role. */
export interface Author {
	type: "customer" | "agent" | "system";
	id: string;
	/** null for a customer, whose name is asked from the copy, and for the system */
	name: string | null;
	channel: Ticket["channel"] | null;
	actor: LifecycleActor;
}

interface Claims {
	asCustomer?: boolean;
	authorId?: string;
	createdAt?: string;
}

const agent = (person: Pick<PersonCopy, "_id" | "groupIds">, assignable: boolean): LifecycleActor => ({
	kind: "agent",
	id: person._id,
	assignable,
	groupIds: person.groupIds,
});

/** The service itself as one who acts on tickets: for rules, timers and jobs. */
export const SYSTEM_ACTOR: LifecycleActor = { kind: "system", id: "tickets", assignable: false, groupIds: [] };

/** What the system writes is nobody's answer. */
export const SYSTEM_AUTHOR: Author = { type: "system", id: "tickets", name: null, channel: null, actor: SYSTEM_ACTOR };

/** The caller as one who acts on tickets. */
export function actorOfCaller(caller: TenantCaller): LifecycleActor {
	if (caller.kind === "customer") return { kind: "customer", id: caller.id, assignable: false, groupIds: [] };
	const person = { _id: caller.id, groupIds: caller.groupIds };
	return agent(person, caller.kind === "user" && isAssignable({ role: caller.role ?? "", active: true }));
}

/** The caller's own copy, where events have not brought it yet; it gives way to any of those. */
export function learnCaller(caller: TenantCaller, learned: Learned): void {
	if (caller.kind !== "user") return;
	const { id, name, role, groupIds, tenant } = caller;
	learned.people.push({ _id: id, tenantId: tenant.id, sequence: 0, name, role: role ?? "", active: true, groupIds });
}

/**
 * Who wrote a message: the caller; the requester, where the caller records what was said elsewhere; or whom an import
 * names.
 * @throws 403 where the caller may not speak for others, 422 for an author that is not known
 */
export async function authorOf(
	ctx: CallContext,
	tickets: Tickets,
	claims: Claims,
	requesterId: string,
	learned: Learned,
): Promise<Author> {
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	if (claims.asCustomer)
		demand(may(caller, "tickets.recordCustomerMessage"), "This needs the permission tickets.recordCustomerMessage.");
	if (claims.authorId !== undefined)
		demand(may(caller, "tickets.import"), "Speaking for others needs the permission tickets.import.");
	if (caller.kind === "customer" || claims.asCustomer) {
		const id = claims.authorId ?? (claims.asCustomer ? requesterId : caller.id);
		if (claims.authorId !== undefined && !(await customerById(ctx, tickets, tenantId, id, learned)))
			throw invalidField("/authorId", "There is no customer with this id.", "unknown");
		const actor: LifecycleActor = { kind: "customer", id, assignable: false, groupIds: [] };
		return { type: "customer", id, name: null, channel: claims.asCustomer ? null : "portal", actor };
	}
	const channel = caller.kind === "user" ? "web" : "api";
	if (claims.authorId === undefined) {
		learnCaller(caller, learned);
		return { type: "agent", id: caller.id, name: caller.name, channel, actor: actorOfCaller(caller) };
	}
	const person = await personById(ctx, tickets, tenantId, claims.authorId, "/authorId", learned);
	return { type: "agent", id: person._id, name: person.name, channel, actor: agent(person, isAssignable(person)) };
}

/** Throws 403 where the caller may not say which mail a message came as: else anybody could keep a mail out. */
export function checkMailIds(caller: TenantCaller, { messageId, inReplyTo }: MailIds): void {
	if (messageId === undefined && inReplyTo === undefined) return;
	demand(may(caller, "tickets.import"), "Naming a mail needs the permission tickets.import.");
}

/**
 * When it happened: now, or when an import says.
 * @throws 403 without the permission to import, 422 for an instant to come
 */
export function instantOf(caller: TenantCaller, createdAt: string | undefined, now: Date): Date | null {
	if (createdAt === undefined) return null;
	demand(may(caller, "tickets.import"), "Setting createdAt needs the permission tickets.import.");
	const at = new Date(createdAt);
	if (at > now) throw invalidField("/createdAt", "This is in the future.", "maximum");
	return at;
}
