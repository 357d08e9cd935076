import type { ActionSchema } from "moleculer";
import { createToken, getToken, listTokens, revokeToken, TOKEN_LIST } from "../../contracts/api-tokens.ts";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { snapshots } from "../../contracts/customers-internal.ts";
import { isScope } from "../../contracts/permissions.ts";
import { forbidden, invalidField, isProblem, Problem } from "../../lib/problem.ts";
import { action, type CallContext, call, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import type { Tenant } from "../../models/tenant.ts";
import type { User } from "../../models/user.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { makerOf, makeSecret, renewSecret } from "./provision.ts";
import { announceRevoked, type Revoked } from "./revocation.ts";
import { mayIssue, mayRevoke } from "./rules.ts";
import { callerOfToken } from "./token-callers.ts";
import { tokenView } from "./views.ts";

type Request = ParamsOf<typeof createToken>;

/** Actions on API tokens. */
export function tokenActions(identity: Identity): Record<string, ActionSchema> {
	const { tokens } = identity;
	return {
		createToken: action(createToken, (ctx) => create(identity, ctx)),
		listTokens: action(listTokens, async (ctx) => {
			const page = await tokens.list({ tenantId: callerOf(ctx).tenant.id }, TOKEN_LIST, ctx.params);
			return { ...page, data: page.data.map(tokenView) };
		}),
		getToken: action(getToken, async (ctx) =>
			tokenView(await tokens.require({ tenantId: callerOf(ctx).tenant.id }, ctx.params.id)),
		),
		revokeToken: action(revokeToken, (ctx) => revoke(identity, ctx)),
	};
}

/** Whom a token shall act as, found out before anything is written. */
type Holder = Pick<ApiToken, "kind" | "userId" | "customerId" | "holderName" | "holderEmail"> & { user: User | null };

const NOBODY: Holder = {
	kind: "service",
	userId: null,
	customerId: null,
	holderName: null,
	holderEmail: null,
	user: null,
};

async function create(identity: Identity, ctx: CallContext<Request>) {
	const caller = callerOf(ctx);
	const request = ctx.params;
	checkRequest(request, identity.runtime.clock.now());
	const { user, ...holder } = await holderOf(identity, ctx, caller);
	const { token, ...secret } = makeSecret();
	const fields = {
		_id: secret.id,
		hash: secret.hash,
		tenantId: caller.tenant.id,
		name: request.name.trim(),
		...holder,
		role: request.role ?? null,
		scopes: request.scopes ?? [],
		expiresAt: request.expiresAt ? new Date(request.expiresAt) : null,
		revokedAt: null,
		lastUsedAt: null,
	};
	const tenant = await identity.tenants.require(TENANTS, caller.tenant.id);
	checkMayIssue(caller, fields, tenant, user);
	const view = await identity.store.commit(commandOf(ctx), async (tx) =>
		tokenView(await identity.tokens.create(tx, { ...fields, createdBy: makerOf(tx) })),
	);
	// A repeated command: its first answer reached nobody, and the secret was not kept.
	return { ...view, token: view.id === secret.id ? token : await renewSecret(identity, view.id) };
}

function checkRequest({ userId, customerId, role, scopes, expiresAt }: Request, now: Date): void {
	if (userId !== undefined && customerId !== undefined)
		throw invalidField("/customerId", "A token acts as a person or as a customer, not as both.", "exclusive");
	const ofSomebody = userId !== undefined || customerId !== undefined;
	if (ofSomebody && role !== undefined)
		throw invalidField("/role", "A token that acts as somebody has that one's role.", "exclusive");
	if (!ofSomebody && role === undefined && scopes === undefined)
		throw invalidField("/scopes", "A token needs userId, customerId, scopes or a role.", "required");
	for (const [index, scope] of (scopes ?? []).entries())
		if (!isScope(scope)) throw invalidField(`/scopes/${index}`, "There is no such scope.", "unknown_scope");
	if (expiresAt && new Date(expiresAt) <= now) throw invalidField("/expiresAt", "This is in the past.", "past");
}

async function holderOf(identity: Identity, ctx: CallContext<Request>, caller: TenantCaller): Promise<Holder> {
	const { userId, customerId } = ctx.params;
	if (userId !== undefined) {
		const user = await identity.users.get({ tenantId: caller.tenant.id }, userId);
		if (user?.status !== "active") throw invalidField("/userId", "There is no such active person.", "not_found");
		return { ...NOBODY, kind: "user", userId, user };
	}
	if (customerId === undefined) return NOBODY;
	const customer = await customerBehind(ctx, caller.tenant.id, customerId);
	return { ...NOBODY, kind: "customer", customerId, holderName: customer.name, holderEmail: customer.primaryEmail };
}

async function customerBehind(ctx: CallContext, tenantId: string, id: string) {
	const { customers } = await call(ctx, snapshots, { tenantId, customerIds: [id] }).catch((error: unknown) => {
		if (isProblem(error)) throw error;
		throw new Problem(503, "unavailable", "The customers cannot be asked right now. Try again soon.", {
			headers: { "Retry-After": "5" },
			cause: error,
		});
	});
	const customer = customers.find((one) => one.id === id);
	if (!customer || customer.deleted || customer.status === "merged" || customer.status === "erased")
		throw invalidField("/customerId", "There is no such customer.", "not_found");
	return customer;
}

function checkMayIssue(
	caller: TenantCaller,
	fields: Parameters<typeof callerOfToken>[0],
	tenant: Tenant,
	user: User | null,
): void {
	if (!mayIssue(caller, callerOfToken(fields, tenant, user)))
		throw forbidden("This token would be allowed more than you are.");
}

async function revoke(identity: Identity, ctx: CallContext<ParamsOf<typeof revokeToken>>): Promise<null> {
	const caller = callerOf(ctx);
	const scope = { tenantId: caller.tenant.id };
	let revoked: Revoked[] = [];
	await identity.store.commit(commandOf(ctx), async (tx) => {
		const before = await identity.tokens.require(scope, ctx.params.id, tx);
		checkVersion(before, ctx.params.ifVersion);
		const holder = before.userId === null ? null : await identity.users.get(scope, before.userId, tx);
		if (!mayRevoke(caller, holder?.role ?? before.role)) throw forbidden("Only an owner revokes an owner's token.");
		revoked = [{ credentialId: before._id, credentialHash: before.hash }];
		if (before.revokedAt === null) await identity.tokens.update(tx, before, { ...before, revokedAt: tx.now });
		return null;
	});
	announceRevoked(ctx.broker, revoked);
	return null;
}

/** Notes when tokens were last used. That is no change of theirs: the version stays. */
export async function writeUses({ store }: Identity, uses: readonly [id: string, at: Date][]): Promise<void> {
	const model = store.model(apiTokenModel);
	for (const [_id, lastUsedAt] of uses) await model.updateOne({ _id }, { $max: { lastUsedAt } });
}
