import type { Caller } from "../../contracts/caller.ts";
import { normalizeEmail } from "../../lib/email.ts";
import { Problem } from "../../lib/problem.ts";
import type { Tenant } from "../../models/tenant.ts";
import { type User, userModel } from "../../models/user.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { hasLeft } from "./offboarding-rules.ts";
import { callerTenant } from "./tenant-rules.ts";

/** Somebody of staff with their tenant. */
export interface Person {
	tenant: Tenant;
	user: User;
}

/** How many tenants one address is looked up in. */
const MAX_TENANTS = 100;

/** 401 for a credential that is good for nothing; it never says which part of it was wrong. */
export function unauthenticated(): Problem {
	return new Problem(401, "unauthenticated", "The credential is unknown, expired or revoked.", {
		headers: { "WWW-Authenticate": 'Bearer error="invalid_token"' },
	});
}

/** The tenant of a credential. Throws 401 where it is gone, 403 `tenant_suspended` where nobody may get in. */
export async function activeTenant(identity: Identity, tenantId: string): Promise<Tenant> {
	const tenant = await identity.tenants.get(TENANTS, tenantId);
	if (!tenant || hasLeft(tenant) || tenant.status === "provisioning") throw unauthenticated();
	if (tenant.status === "suspended")
		throw new Problem(403, "tenant_suspended", "This tenant is suspended. Ask whoever operates the desk.");
	return tenant;
}

/** Somebody by id. Throws 401 where there is no such active person, 403 `tenant_suspended`. */
export async function activePerson(identity: Identity, tenantId: string, userId: string): Promise<Person> {
	const [tenant, user] = await Promise.all([
		activeTenant(identity, tenantId),
		identity.users.get({ tenantId }, userId),
	]);
	if (user?.status !== "active") throw unauthenticated();
	return { tenant, user };
}

/** Everybody active with this e-mail address, one in each tenant that can be entered and knows it; oldest tenant first. */
export async function peopleByEmail(identity: Identity, email: string): Promise<Person[]> {
	const normalized = normalizeEmail(email);
	if (normalized === null) return [];
	const users = await identity.store
		.model(userModel)
		.find({ email: normalized, status: "active" })
		.limit(MAX_TENANTS)
		.lean<User[]>();
	const tenants = await identity.tenants.find(TENANTS, { _id: { $in: users.map((user) => user.tenantId) } });
	return tenants
		.filter((tenant) => (tenant.status === "active" || tenant.status === "offboarding") && !hasLeft(tenant))
		.sort((a, b) => (a._id < b._id ? -1 : 1))
		.flatMap((tenant) => users.filter((user) => user.tenantId === tenant._id).map((user) => ({ tenant, user })));
}

/** The caller that a person is. `scopes` narrow what their role allows; none narrow nothing. */
export function callerOfUser({ tenant, user }: Person, credential: { id: string; scopes?: string[] }): Caller {
	return {
		kind: "user",
		id: user._id,
		name: user.name,
		email: user.email,
		role: user.role,
		groupIds: user.groupIds,
		scopes: credential.scopes ?? [],
		credentialId: credential.id,
		locale: user.locale,
		tenant: callerTenant(tenant),
	};
}
