import type { DomainEvent } from "../lib/event-log.ts";
import { type Identifiers, scrubber, scrubDeep } from "../lib/identifiers.ts";
import { REDACTED, tombstoneName } from "./customer-erasure.ts";

/** Fields of tickets whose values may name somebody. */
const PERSONAL_FIELDS = new Set(["subject", "ccEmails", "customFields", "subStatus", "message", "body"]);

interface TicketData {
	ticket?: { customerId: string; subject: string };
	changed?: { field: string; from: unknown; to: unknown }[];
}

const idOf = (subject: string) => subject.slice(subject.indexOf("/") + 1);
const blank = (value: unknown) => (value === null || value === undefined ? value : REDACTED);

/** A customer or requester as events tell of it, without what is personal. */
function ofNobody(data: Record<string, unknown>, id: string): Record<string, unknown> {
	return {
		...data,
		...("name" in data ? { name: tombstoneName(id) } : {}),
		...("primaryEmail" in data ? { primaryEmail: null } : {}),
		...("email" in data ? { email: null } : {}),
		...("tags" in data ? { tags: [] } : {}),
		...("movedEmails" in data ? { movedEmails: [] } : {}),
	};
}

function ofErasedTicket({ ticket, changed, ...data }: TicketData): TicketData {
	return {
		...data,
		...(ticket ? { ticket: { ...ticket, subject: REDACTED } } : {}),
		...(changed
			? {
					changed: changed.map((change) =>
						PERSONAL_FIELDS.has(change.field) ? { ...change, from: blank(change.from), to: blank(change.to) } : change,
					),
				}
			: {}),
	};
}

/**
 * How events tell of people who were erased: a function that gives the event that shall stand in the place of one that
 * was recorded before, or null for one that names none of them. Who did what to which ticket, and when, stays.
 */
export function eventRedactor(
	customerIds: readonly string[],
	identifiers: Identifiers,
): (event: DomainEvent) => DomainEvent | null {
	const ids = new Set(customerIds);
	// What is looked for everywhere has to mean the person alone, and be no part of an id: names and numbers may not.
	const addresses = identifiers.addresses.filter((word) => word.includes("@"));
	const scrub = scrubber({ names: [], addresses, numbers: [] }, REDACTED);
	const dataOf = (event: DomainEvent): unknown => {
		const { subject, data } = event;
		if (/^(customer|requester)\//.test(subject) && ids.has(idOf(subject)))
			return ofNobody(data as Record<string, unknown>, idOf(subject));
		const requester = (data as TicketData | null)?.ticket?.customerId;
		return requester !== undefined && ids.has(requester) ? ofErasedTicket(data as TicketData) : data;
	};
	return (event) => {
		const actor = ids.has(event.actor?.id) ? { ...event.actor, name: "" } : event.actor;
		const redacted: DomainEvent = { ...event, actor, data: scrubDeep(dataOf(event), scrub) };
		return JSON.stringify(redacted) === JSON.stringify(event) ? null : redacted;
	};
}
