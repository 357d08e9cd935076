import type { DomainEvent } from "../../../lib/event-log.ts";
import type { ActivityRow } from "../../../models/dashboard-activity.ts";

/** The word by which rows about no ticket are found, by what they are about: `customer`, `user`, `article` and so on. */
export const about = (family: string) => `about:${family}`;

const familyOf = (subject: string) => subject.slice(0, Math.max(0, subject.indexOf("/")));

/**
 * The events that make a row of the feed, each with what of its data the row keeps: ids and words, nothing personal. A
 * name or subject is looked up when the feed is read.
 */
const KEPT: Readonly<Record<string, readonly string[]>> = {
	"ticket.created": [],
	"ticket.updated": [],
	"ticket.status_changed": ["from", "to", "reason"],
	"ticket.assigned": ["from", "to", "strategy", "reason"],
	"ticket.unassigned": ["from", "to", "reason"],
	"ticket.solved": ["calendarSec", "reopenCount"],
	"ticket.closed": ["calendarSec", "reopenCount"],
	"ticket.reopened": ["reason", "reopenCount"],
	"ticket.escalated": ["level", "ruleId", "reason"],
	"ticket.merged": ["sourceId", "targetId"],
	"ticket.split": ["fromId", "newId"],
	"ticket.deleted": [],
	"ticket.restored": [],
	"message.added": ["messageId", "seq", "kind", "authorType", "authorId", "channel", "isFirstResponse", "responseSec"],
	"sla.breached": ["metric"],
	"csat.submitted": ["rating", "agentId"],
	"customer.created": ["status"],
	"customer.updated": ["changed"],
	"customer.deleted": [],
	"customer.restored": [],
	"customer.merged": ["survivorId"],
	"user.created": ["role"],
	"user.deactivated": ["role"],
	"article.created": ["locale", "versionNo"],
	"article.published": ["locale", "versionNo"],
	"article.unpublished": ["locale"],
	"article.archived": [],
	"article.deleted": [],
	"article.voted": ["locale", "value", "previous"],
	"kb.deflected": ["articleId", "outcome"],
};

/** The types of events that the feed tells of. */
export const ACTIVITY_TYPES = Object.keys(KEPT);

/** What a row says beside who, what and when. A changed field's values stay out: they may be anything. */
function detailsOf(event: DomainEvent, kept: readonly string[]): Record<string, unknown> {
	const data = event.data as Record<string, unknown>;
	const details = Object.fromEntries(kept.filter((key) => data[key] !== undefined).map((key) => [key, data[key]]));
	if (event.type !== "ticket.updated") return details;
	return { fields: (data.changed as { field: string }[]).map(({ field }) => field) };
}

const NAMED_ELSEWHERE = ["user", "customer"];

/**
 * The row of an event, without the words of a ticket's audience; null where the feed does not tell of it.
 */
export function activityRow(event: DomainEvent): ActivityRow | null {
	const kept = Object.hasOwn(KEPT, event.type) ? KEPT[event.type] : undefined;
	if (!kept) return null;
	const { actor, data } = event;
	const { at, ticket } = data as { at?: string; ticket?: { createdAt: string } };
	const when = event.type === "ticket.created" ? ticket?.createdAt : at;
	return {
		_id: event.id,
		tenantId: event.tenantId,
		rev: 0,
		type: event.type,
		subject: event.subject,
		actorType: actor.type,
		actorId: actor.id,
		actorName: NAMED_ELSEWHERE.includes(actor.type) ? null : actor.name,
		at: new Date(when ?? event.time),
		audience: isOfTicket(event) ? [] : [about(familyOf(event.subject))],
		details: detailsOf(event, kept),
	};
}

export const isOfTicket = ({ subject }: Pick<DomainEvent, "subject">) => subject.startsWith("ticket/");
