import { DEFAULT_SETTINGS, type TenantSettings } from "../../contracts/tenant-settings.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Tickets } from "./tickets-store.ts";

/** The settings of a tenant as they are known here: the defaults until identity has told of it. */
export async function settingsOf(tickets: Tickets, tenantId: string, tx?: InTransaction): Promise<TenantSettings> {
	const copy = await tickets.copies.tenants.byId(tenantId, tenantId, tx);
	return { ...DEFAULT_SETTINGS, ...copy?.settings };
}
