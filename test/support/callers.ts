import type { Caller, CallerTenant } from "../../contracts/caller.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import { DEFAULT_SETTINGS, type TenantSettings } from "../../contracts/tenant-settings.ts";
import { newId } from "../../lib/ids.ts";

/** A tenant as a verified credential names it. */
export function tenant(settings: Partial<TenantSettings> = {}): CallerTenant {
	const id = newId();
	return {
		id,
		slug: `t-${id.slice(-8)}`,
		name: "Test tenant",
		status: "active",
		locale: "en",
		timeZone: "UTC",
		settings: { ...DEFAULT_SETTINGS, ...settings },
	};
}

/** Somebody of staff. */
export function staff(of: CallerTenant, role: StaffRole, fields: Partial<Caller> = {}): Caller {
	const id = newId();
	return {
		kind: "user",
		id,
		name: `${role} ${id.slice(-4)}`,
		email: `${role}-${id.slice(-6)}@desk.example`,
		role,
		groupIds: [],
		scopes: [],
		credentialId: newId(),
		tenant: of,
		...fields,
	};
}

/** A customer in self-service. */
export function customer(of: CallerTenant, id: string, fields: Partial<Caller> = {}): Caller {
	return { ...staff(of, "viewer"), kind: "customer", id, name: "Customer", role: "customer", ...fields };
}

/** A service token with scopes. */
export function service(of: CallerTenant, scopes: string[]): Caller {
	return { ...staff(of, "viewer"), kind: "service", name: "integration", email: null, role: null, scopes };
}
