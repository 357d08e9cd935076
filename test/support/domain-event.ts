import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";

/** A well-formed event with the given fields; by default a `ticket.created` of tenant `acme`. */
export function domainEvent(fields: Partial<DomainEvent> = {}): DomainEvent {
	const type = fields.type ?? "ticket.created";
	return {
		id: newId(),
		type,
		specversion: "1.0",
		source: "tickets",
		tenantId: "acme",
		subject: "ticket/1",
		time: "2025-01-15T09:00:00.000Z",
		sequence: 1,
		dataSchema: `${type}/1`,
		correlationId: "test",
		causationId: null,
		actor: { type: "system", id: "system", name: "System" },
		data: {},
		...fields,
	};
}
