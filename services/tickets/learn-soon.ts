import type { Transaction } from "../../mixins/store.ts";
import type { Tickets } from "./tickets-store.ts";

/** Asks identity for what early versions of the product did not keep of a tenant. */
export const LEARN = "learn";

/** The timer of a tenant by which that is asked. */
export const learningOf = (tenantId: string) => ({ tenantId, subjectId: tenantId, kind: LEARN });

/** Has the tenant's settings asked for where they are not known yet. */
export async function learnTenantSoon(tickets: Tickets, tx: Transaction, tenantId: string): Promise<void> {
	if (!(await tickets.copies.tenants.byId(tenantId, tenantId, tx))) await learnSoon(tickets, tx, tenantId);
}

/** Has everything asked for that is missing in copies of early versions. */
export function learnSoon({ timers }: Tickets, tx: Transaction, tenantId: string): Promise<void> {
	return timers.setIfNone(tx, learningOf(tenantId), tx.now);
}
