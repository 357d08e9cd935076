import { TICKET_CHANNELS, TICKET_PRIORITIES, TICKET_TYPES } from "../../contracts/tickets-events.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { FieldTable } from "./conditions.ts";

/** What service level policies can ask of a ticket; rules can ask more. */
export const TICKET_FIELDS = {
	priority: { type: "word", values: TICKET_PRIORITIES, ordered: true },
	type: { type: "word", values: TICKET_TYPES },
	channel: { type: "word", values: TICKET_CHANNELS },
	groupId: { type: "id" },
	companyId: { type: "id" },
	customerTags: { type: "set" },
	tags: { type: "set" },
	"customFields.*": { type: "any" },
	locale: { type: "text" },
	businessImpact: { type: "any" },
} as const satisfies FieldTable;

const CUSTOM = "customFields.";

/** The custom field that `businessImpact` means. */
const BUSINESS_IMPACT = "business_impact";

/** The part of a ticket that conditions of policies read. */
export type ValuedTicket = Pick<
	Ticket,
	"priority" | "type" | "channel" | "groupId" | "companyId" | "tags" | "customFields" | "locale"
>;

/** A ticket's values by the names of `TICKET_FIELDS`; undefined for what it does not have. */
export function ticketValues(ticket: ValuedTicket, customerTags: readonly string[]): (field: string) => unknown {
	return (field) => {
		if (field.startsWith(CUSTOM)) return own(ticket.customFields, field.slice(CUSTOM.length));
		if (field === "customerTags") return customerTags;
		if (field === "businessImpact") return own(ticket.customFields, BUSINESS_IMPACT);
		return own(ticket as unknown as Record<string, unknown>, field);
	};
}

function own(object: Record<string, unknown>, key: string): unknown {
	return Object.hasOwn(object, key) ? object[key] : undefined;
}
