import type { customerUpdated } from "../../../contracts/customers-events.ts";
import type { DataOf } from "../../../contracts/event-contract.ts";
import type { groupUpdated, tenantUpdated, userUpdated } from "../../../contracts/identity-events.ts";
import { DEFAULT_SETTINGS } from "../../../contracts/tenant-settings.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import type { CustomerFacts, GroupFacts, PersonFacts, TenantFacts } from "../facts.ts";

/*
 * Copies of people, groups, customers and tenants: each event of one tells all of it, so the newest one holds. The same
 * object comes back where an event is older than what is known. `rev` is left alone.
 */

const idOf = (event: DomainEvent) => event.subject.slice(event.subject.indexOf("/") + 1);

/** What every copy begins with, or null where a newer event was heard of already. */
function head(before: { sequence: number; rev: number } | null, event: DomainEvent) {
	if (before && before.sequence > event.sequence) return null;
	return { _id: idOf(event), tenantId: event.tenantId, rev: before?.rev ?? 0, sequence: event.sequence };
}

export function applyPersonEvent(before: PersonFacts | null, event: DomainEvent): PersonFacts | null {
	const { name, role, status, groupIds, availability } = event.data as DataOf<typeof userUpdated>;
	const start = head(before, event);
	return start ? { ...start, name, role, status, groupIds, availability } : before;
}

export function applyGroupEvent(before: GroupFacts | null, event: DomainEvent): GroupFacts | null {
	const { name, deleted } = event.data as DataOf<typeof groupUpdated>;
	const start = head(before, event);
	return start ? { ...start, name, deleted } : before;
}

export function applyCustomerEvent(before: CustomerFacts | null, event: DomainEvent): CustomerFacts | null {
	const { name, status, deleted } = event.data as DataOf<typeof customerUpdated>;
	const start = head(before, event);
	return start ? { ...start, name, status, deleted } : before;
}

/** What is known of a tenant before anything was told of it. */
export function unknownTenant(tenantId: string): TenantFacts {
	return {
		_id: tenantId,
		tenantId,
		rev: 0,
		generation: 0,
		sequence: 0,
		slug: "",
		name: "",
		locale: "en",
		timeZone: "UTC",
		status: "active",
		eventDays: DEFAULT_SETTINGS.retention.eventDays,
		rebuiltTo: 0,
		rebuiltWithout: [],
	};
}

export function applyTenantEvent(before: TenantFacts, event: DomainEvent): TenantFacts {
	if (before.sequence > event.sequence) return before;
	const { slug, name, locale, timeZone, status, settings } = event.data as DataOf<typeof tenantUpdated>;
	const { eventDays } = settings.retention;
	return { ...before, sequence: event.sequence, slug, name, locale, timeZone, status, eventDays };
}
