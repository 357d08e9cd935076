import { DEFAULT_SETTINGS, type TenantSettings } from "../../contracts/tenant-settings.ts";
import type { InTransaction } from "../../mixins/repository.ts";
import type { Tickets } from "./tickets-store.ts";

/** While a tenant is leaving nothing in it changes by itself; what is due is looked at again after this time, ms. */
export const LEAVING_MS = 3600 * 1000;

/** Whether a tenant is leaving, as far as is known here. */
export async function isLeaving({ copies }: Tickets, tenantId: string, tx?: InTransaction): Promise<boolean> {
	return (await copies.tenants.byId(tenantId, tenantId, tx))?.status === "offboarding";
}

/** The settings of a tenant as they are known here: the defaults until identity has told of it. */
export async function settingsOf(tickets: Tickets, tenantId: string, tx?: InTransaction): Promise<TenantSettings> {
	const copy = await tickets.copies.tenants.byId(tenantId, tenantId, tx);
	return { ...DEFAULT_SETTINGS, ...(copy?.settings as Partial<TenantSettings> | undefined) };
}
