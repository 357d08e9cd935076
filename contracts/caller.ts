import type { Actor } from "../lib/event-log.ts";
import { forbidden } from "../lib/problem.ts";
import {
	OF_ANYBODY,
	OF_PEOPLE_ONLY,
	type Permission,
	type Reach,
	type Role,
	reachOf,
	scopesAllow,
} from "./permissions.ts";
import type { TenantSettings } from "./tenant-settings.ts";

/** What a request may rely on about its tenant. */
export interface CallerTenant {
	id: string;
	slug: string;
	name: string;
	status: "provisioning" | "active" | "suspended" | "offboarding" | "offboarded";
	locale: string;
	timeZone: string;
	settings: TenantSettings;
}

/**
 * Who is behind a call, as verified by identity from a credential. Travels in `ctx.meta.caller` and is never copied from
 * anything a client sends. `tenant` is null for the platform alone.
 */
export interface Caller {
	kind: "user" | "customer" | "service" | "platform" | "system" | "anonymous";
	id: string;
	name: string;
	email: string | null;
	role: Role | null;
	groupIds: string[];
	scopes: string[];
	/** the API token or session that was shown, null for the system itself */
	credentialId: string | null;
	tenant: CallerTenant | null;
	/**
	 * tells visitors of the help centre apart, who have not signed in; null where nothing does. Only of `anonymous`, whose
	 * `id` is the same for all
	 */
	visitorKey?: string | null;
	/** the language that the person chose for themselves, BCP 47; null or absent where none is known */
	locale?: string | null;
	/** a platform token acting inside a tenant: who it really is */
	onBehalfOf?: string;
}

/** A caller inside a tenant: what every tenant-bound action works with. */
export type TenantCaller = Caller & { tenant: CallerTenant };

/** How far the caller reaches with a permission, or null when not at all. */
export function callerReach(caller: Caller, permission: Permission): Reach | null {
	if (caller.kind === "system") return "all";
	if (caller.kind === "platform") return null;
	if (caller.kind === "anonymous") return OF_ANYBODY.includes(permission) ? "own" : null;
	if (caller.kind === "service" && OF_PEOPLE_ONLY.includes(permission)) return null;
	if (caller.kind === "service" && caller.role === null) return scopesAllow(caller.scopes, permission) ? "all" : null;
	if (caller.scopes.length > 0 && !scopesAllow(caller.scopes, permission)) return null;
	return caller.role === null ? null : reachOf(caller.role, permission);
}

/** Whether the caller has a permission at all. */
export function may(caller: Caller, permission: Permission): boolean {
	return callerReach(caller, permission) !== null;
}

/** Throws 403 `forbidden` where the caller lacks the permission. */
export function mustBeAllowed(caller: Caller, permission: Permission): Reach {
	const reach = callerReach(caller, permission);
	if (reach === null) throw forbidden(`This needs the permission ${permission}.`);
	return reach;
}

/**
 * The caller as it is written into audit rows and events. A customer's name is not written: it is looked up when somebody
 * reads, so that there is one place to change or remove it.
 */
export function actorOf(caller: Caller): Actor {
	const type = caller.kind === "platform" ? "service" : caller.kind === "anonymous" ? "customer" : caller.kind;
	const name = type === "customer" ? "" : caller.name;
	return { type, id: caller.id, name, ...(caller.onBehalfOf ? { onBehalfOf: caller.onBehalfOf } : {}) };
}

/** The service itself, acting in a tenant without anybody's request: timers, subscribers, sweeps. */
export function systemActor(service: string): Actor {
	return { type: "system", id: service, name: service };
}
