import { invalidField } from "../../../lib/problem.ts";
import type { Ticket, TicketLink } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import { isDone, type LifecycleEvent } from "../lifecycle.ts";
import { carriedTags } from "../opening.ts";

/*
 * What becomes of two tickets of which one goes up in the other. Pure: threads and neighbours are counted elsewhere.
 */

const LIMITS = { tags: 50, ccEmails: 20, followerIds: 50, links: 50 } as const;
type Collected = keyof typeof LIMITS;

const WHAT: Record<Collected, string> = {
	tags: "tags",
	ccEmails: "copied addresses",
	followerIds: "followers",
	links: "links",
};

function checkLimit<T>(field: Collected, values: T[], pointer: string): T[] {
	if (values.length > LIMITS[field])
		throw invalidField(pointer, `Together these tickets have more than ${LIMITS[field]} ${WHAT[field]}.`, "maxItems");
	return values;
}

const union = <T>(a: readonly T[], b: readonly T[]): T[] => [...new Set([...a, ...b])];
const earliest = (a: Date | null, b: Date | null) => (a && b ? (a < b ? a : b) : (a ?? b));
const latest = (a: Date | null, b: Date | null) => (a && b ? (a > b ? a : b) : (a ?? b));

/** The links of both, without those between them and without any twice. */
export function mergedLinks(source: Ticket, target: Ticket): TicketLink[] {
	const links = new Map<string, TicketLink>();
	for (const link of [...target.links, ...source.links])
		if (link.ticketId !== source._id && link.ticketId !== target._id) links.set(`${link.type} ${link.ticketId}`, link);
	return [...links.values()];
}

/** Who is copied on the target: all of both, the source's requester where that is another one, and never its own. */
export function mergedCc(
	source: Ticket,
	target: Ticket,
	emails: { source: string | null; target: string | null },
): string[] {
	const asked = source.customerId === target.customerId || emails.source === null ? [] : [emails.source];
	return union(union(target.ccEmails, source.ccEmails), asked).filter((email) => email !== emails.target);
}

/**
 * What the target takes over from the source. `links` are those of both that may stand together.
 * @throws 422 at `pointer` for more than a ticket can have
 */
export function mergedFields(
	source: Ticket,
	target: Ticket,
	given: { links: TicketLink[]; emails: { source: string | null; target: string | null }; pointer: string },
) {
	const { pointer } = given;
	return {
		tags: checkLimit("tags", union(target.tags, carriedTags(source)), pointer),
		followerIds: checkLimit("followerIds", union(target.followerIds, source.followerIds), pointer),
		ccEmails: checkLimit("ccEmails", mergedCc(source, target, given.emails), pointer),
		links: checkLimit("links", given.links, pointer),
	};
}

/**
 * Whether the target has to be worked on again for what comes in with the source: somebody still waits for an answer
 * there, or it is work under way and the target counts as done.
 */
export function reopens(source: Pick<Ticket, "status" | "waitingSince">, target: Pick<Ticket, "status">): boolean {
	if (isDone(source) || target.status === "new" || target.status === "open") return false;
	return source.waitingSince !== null || (target.status === "solved" && ["new", "open"].includes(source.status));
}

/** What of the target follows from the messages that come in. */
export function mergedInstants(source: Ticket, target: Ticket): Partial<Ticket> {
	const waitingSince = isDone(source) ? target.waitingSince : earliest(target.waitingSince, source.waitingSince);
	return {
		waitingSince,
		lastCustomerMessageAt: latest(target.lastCustomerMessageAt, source.lastCustomerMessageAt),
		lastAgentMessageAt: latest(target.lastAgentMessageAt, source.lastAgentMessageAt),
		kbArticleIds: union(target.kbArticleIds, source.kbArticleIds),
	};
}

/** The source at its end. It is closed without being solved: nobody is asked how it went, nobody takes the credit. */
export function closedSource(
	source: Ticket,
	targetId: string,
	now: Date,
): { next: Ticket; changes: Change[]; events: LifecycleEvent[] } {
	const { status: from } = source;
	return {
		next: {
			...source,
			...{ status: "closed", subStatus: null, closedAt: now, mergedIntoId: targetId },
			...{ waitingSince: null, snoozedUntil: null },
		},
		changes: [
			{ field: "status", from, to: "closed" },
			{ field: "mergedIntoId", from: null, to: targetId },
		],
		events: [{ type: "statusChanged", from, to: "closed", reason: "merge" }, { type: "closed" }],
	};
}
