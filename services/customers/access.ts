import { callerReach, may, mustBeAllowed, type TenantCaller } from "../../contracts/caller.ts";
import type { Permission } from "../../contracts/permissions.ts";
import type { ListParams } from "../../lib/list-query.ts";
import { forbidden, Problem } from "../../lib/problem.ts";
import type { Scope } from "../../mixins/repository.ts";

/** How much of a customer a reader gets: all, all but addresses and numbers, or a customer's own profile. */
export type Audience = "full" | "masked" | "self";

export function audienceOf(caller: TenantCaller): Audience {
	if (caller.kind === "customer") return "self";
	return may(caller, "customers.pii") ? "full" : "masked";
}

/**
 * The one scope filter of this service: all customers of the tenant, or for a customer's own token itself. Deleted
 * customers are outside of it, unless `deleted` asks for those alone, which needs `customers.delete`.
 */
export function customerScope(caller: TenantCaller, permission: Permission, deleted = false): Scope {
	const reach = callerReach(caller, deleted ? "customers.delete" : permission);
	if (reach === null) mustBeAllowed(caller, deleted ? "customers.delete" : permission);
	const own = reach === "all" ? {} : { _id: caller.id };
	return { tenantId: caller.tenant.id, filter: { ...own, deleted } };
}

/** The scope of what only the desk works with: companies, notes, definitions. Throws 403 for customers. */
export function staffScope(caller: TenantCaller): Scope {
	if (caller.kind === "customer") throw forbidden("This is for the people of the desk.");
	return { tenantId: caller.tenant.id };
}

const OWN_PROFILE = new Set(["name", "phone", "phones", "title", "avatarUrl", "locale", "timeZone"]);

/** Throws 403 where a customer's own token would change more than its profile. */
export function checkProfileOnly(caller: TenantCaller, fields: readonly string[]): void {
	if (caller.kind !== "customer") return;
	const others = fields.filter((field) => !OWN_PROFILE.has(field));
	if (others.length === 0) return;
	throw new Problem(403, "forbidden", `You can change your ${[...OWN_PROFILE].join(", ")}; the desk does the rest.`, {
		errors: others.map((field) => ({
			pointer: `/${field}`,
			code: "forbidden",
			message: "Only the desk can change this.",
		})),
	});
}

const NOT_FOR_CUSTOMERS = ["tag", "tagAny", "externalId", "customFields", "deleted"];

/** Throws 403 for filters that would tell a reader what it is not shown. */
export function checkFilters(caller: TenantCaller, filter: ListParams["filter"]): void {
	const audience = audienceOf(caller);
	const asked = Object.keys(filter ?? {});
	const refused = audience === "self" ? NOT_FOR_CUSTOMERS : audience === "masked" ? ["email"] : [];
	const found = asked.find((name) => refused.includes(name));
	if (found) throw forbidden(`You cannot filter by ${found}.`);
	// An external id may well be an address.
	if (audience === "masked" && JSON.stringify(filter?.externalId ?? "").includes("@"))
		throw forbidden("You cannot filter by addresses.");
}
