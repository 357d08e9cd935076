import type { InTransaction } from "../../../mixins/repository.ts";
import type { SlaPolicy } from "../../../models/sla-policy.ts";
import type { Tickets } from "../tickets-store.ts";

/** How many policies a tenant can have: all of them are looked at when a ticket is made. */
export const MAX_POLICIES = 200;

/** Every policy of a tenant. */
export function policiesOf({ policies }: Tickets, tenantId: string, tx?: InTransaction): Promise<SlaPolicy[]> {
	return policies.find({ tenantId }, {}, { sort: { position: 1, _id: 1 }, limit: MAX_POLICIES, ...(tx ? { tx } : {}) });
}

/** The policies that name a calendar, which cannot be removed meanwhile. */
export async function calendarUsers(
	{ policies }: Tickets,
	tenantId: string,
	calendarId: string,
	tx?: InTransaction,
): Promise<{ kind: "policy"; id: string; name: string }[]> {
	const found = await policies.find({ tenantId }, { calendarId }, { limit: 10, ...(tx ? { tx } : {}) });
	return found.map(({ _id, name }) => ({ kind: "policy", id: _id, name }));
}
