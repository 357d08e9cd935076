import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import { provisionTenant } from "../../contracts/tenants.ts";
import { createUser } from "../../contracts/users.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import identityService from "../../services/identity/identity.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { staff } from "../support/callers.ts";

export const PLATFORM_TOKEN = "platform-token-of-the-tests";

/** Identity alone on a broker, with a platform token. */
export function startIdentity(options: Parameters<typeof startBroker>[1] = {}): Promise<TestBroker> {
	return startBroker([identityService], { ...options, env: { PLATFORM_TOKEN, ...options.env } });
}

export interface Tenancy {
	platform: TenantCaller;
	/** made by the platform, signed in with the token it got */
	owner: TenantCaller;
	ownerToken: string;
	tenantId: string;
	/** another person of the tenant, signed in as identity would know them */
	invite(role: StaffRole, fields?: Partial<ParamsOf<typeof createUser>>): Promise<TenantCaller>;
}

/** A new tenant, provisioned as an operator does it. */
export async function provision(
	desk: TestBroker,
	fields: Partial<ParamsOf<typeof provisionTenant>> = {},
): Promise<Tenancy & { made: ResultOf<typeof provisionTenant> }> {
	const platform = (await desk.call(authenticate, { bearer: PLATFORM_TOKEN })) as TenantCaller;
	const slug = `t-${newId().slice(-12)}`;
	const owner = { email: "owner@one.example", name: "Olga Owner" };
	const made = await desk.call(provisionTenant, { slug, name: "One", owner, ...fields }, platform);
	const ownerCaller = (await desk.call(authenticate, { bearer: made.token })) as TenantCaller;
	return {
		made,
		platform,
		owner: ownerCaller,
		ownerToken: made.token,
		tenantId: made.tenant.id,
		async invite(role, person = {}) {
			const email = `${role}-${newId().slice(-12)}@one.example`;
			const user = await desk.call(createUser, { email, name: `The ${role}`, role, ...person }, ownerCaller);
			const { id, name, groupIds } = user;
			return staff(ownerCaller.tenant, role, { id, name, email: user.email, groupIds }) as TenantCaller;
		},
	};
}

/** What a tenant's events say, those of sagas aside, oldest first, once there are at least so many. */
export async function eventsOf(desk: TestBroker, tenantId: string, atLeast: number): Promise<DomainEvent[]> {
	for (const end = Date.now() + 5000; ; await new Promise((resolve) => setImmediate(resolve))) {
		const all = await desk.runtime.events.read({ tenantId, limit: 1000 });
		const events = all.filter(({ event }) => !event.type.startsWith("saga."));
		if (events.length >= atLeast) return events.map(({ event }) => event);
		if (Date.now() > end) throw new Error(`only ${events.length} of ${atLeast} events came`);
	}
}

/** The problem that a call ends with. Fails where it ends well. */
export async function problemOf(call: Promise<unknown>): Promise<{ status: number; code: string; pointers: string[] }> {
	const error = (await call.then(
		() => new Error("the call was answered"),
		(reason: unknown) => reason,
	)) as { code: number; type: string; data?: { errors?: { pointer: string }[] } };
	if (typeof error.code !== "number") throw error;
	return { status: error.code, code: error.type, pointers: (error.data?.errors ?? []).map((item) => item.pointer) };
}
