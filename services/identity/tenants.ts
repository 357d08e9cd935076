import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { tenantSuspended, tenantUpdated } from "../../contracts/identity-events.ts";
import { tenantBySlug } from "../../contracts/identity-internal.ts";
import {
	administerTenant,
	getOwnTenant,
	getTenant,
	listTenants,
	provisionTenant,
	TENANT_LIST,
	type TenantView,
	updateOwnTenant,
} from "../../contracts/tenants.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import type { Tenant } from "../../models/tenant.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { emailAt, makeSecret, tenantOf, writeTenant } from "./provision.ts";
import { announceTenantChanged } from "./revocation.ts";
import { callerTenant, changedLanguages, patchedSettings, timeZoneAt } from "./tenant-rules.ts";
import { tenantData, tenantView, userView } from "./views.ts";

/** Actions on tenants: the platform's and a tenant's own. */
export function tenantActions(identity: Identity): Record<string, ActionSchema> {
	const { tenants } = identity;
	return {
		provisionTenant: action(provisionTenant, (ctx) => provision(identity, ctx)),
		listTenants: action(listTenants, async (ctx) => {
			const page = await tenants.list(TENANTS, TENANT_LIST, ctx.params);
			return { ...page, data: page.data.map(tenantView) };
		}),
		getTenant: action(getTenant, async (ctx) => tenantView(await tenants.require(TENANTS, ctx.params.id))),
		tenantBySlug: action(tenantBySlug, async (ctx) => {
			const [tenant] = await tenants.find(TENANTS, { slug: ctx.params.slug }, { limit: 1 });
			return tenant?.status === "active" ? callerTenant(tenant) : null;
		}),
		administerTenant: action(administerTenant, (ctx) => {
			const { id, ifVersion, ...change } = ctx.params;
			return changeTenant(identity, ctx, id, ifVersion, (tenant) => administered(tenant, change));
		}),
		getOwnTenant: action(getOwnTenant, async (ctx) => {
			const caller = callerOf(ctx);
			const { settings, ...view } = tenantView(await tenants.require(TENANTS, caller.tenant.id));
			return caller.kind === "customer" ? view : { ...view, settings };
		}),
		updateOwnTenant: action(updateOwnTenant, (ctx) => {
			const { ifVersion, ...change } = ctx.params;
			return changeTenant(identity, ctx, callerOf(ctx).tenant.id, ifVersion, (tenant) => edited(tenant, change));
		}),
	};
}

/**
 * Provisions a tenant. The token is in no receipt: where the same command comes again, its first answer never reached
 * anybody, so the token gets a new secret and that one is answered.
 */
async function provision(identity: Identity, ctx: CallContext<ParamsOf<typeof provisionTenant>>) {
	const { ifVersion: _, ...request } = ctx.params;
	const id = newId();
	const tenant = tenantOf(request, id);
	const owner = { email: emailAt("/owner/email", request.owner.email), name: request.owner.name };
	const { token, ...secret } = makeSecret();
	// The receipts of the platform's commands are its own, whichever tenant they make.
	const done = await identity.store
		.commit(commandOf(ctx, id), async (tx) => {
			const made = await writeTenant(identity, tx, tenant, owner, secret);
			return { tenant: tenantView(made.tenant), owner: userView(made.owner), tokenId: made.tokenId };
		})
		.catch((error: unknown) => {
			throw slugTaken(error);
		});
	const { tokenId, ...answer } = done;
	return { ...answer, token: tokenId === secret.id ? token : await renewSecret(identity, tokenId) };
}

/** Gives a token another secret; the one before is good no longer. */
export async function renewSecret(identity: Identity, id: string): Promise<string> {
	const { hash, token } = makeSecret(id);
	const $set: Partial<ApiToken> = { hash };
	await identity.store.model(apiTokenModel).updateOne({ _id: id }, { $set });
	return token;
}

function slugTaken(error: unknown): unknown {
	if (!(error instanceof Problem) || error.type !== "duplicate") return error;
	const message = "This slug is taken.";
	return new Problem(409, "duplicate", message, { errors: [{ pointer: "/slug", code: "duplicate", message }] });
}

type Administration = Omit<ParamsOf<typeof administerTenant>, "id" | "ifVersion">;

function administered(tenant: Tenant, change: Administration): Tenant {
	return {
		...tenant,
		status: change.status ?? tenant.status,
		plan: change.plan === undefined ? tenant.plan : change.plan,
		settings: patchedSettings(tenant.settings, change.settings),
	};
}

function edited(tenant: Tenant, change: Omit<ParamsOf<typeof updateOwnTenant>, "ifVersion">): Tenant {
	return {
		...tenant,
		...changedLanguages(tenant, change),
		name: change.name?.trim() ?? tenant.name,
		timeZone: change.timeZone === undefined ? tenant.timeZone : timeZoneAt("/timeZone", change.timeZone),
		settings: patchedSettings(tenant.settings, change.settings),
	};
}

async function changeTenant(
	identity: Identity,
	ctx: CallContext,
	id: string,
	ifVersion: number | undefined,
	change: (tenant: Tenant) => Tenant,
): Promise<TenantView> {
	const view = await identity.store.commit(commandOf(ctx, id), async (tx) => {
		const before = await identity.tenants.require(TENANTS, id, tx);
		checkVersion(before, ifVersion);
		const after = await identity.tenants.update(tx, before, change(before));
		const suspended = after.status === "suspended" && before.status !== "suspended";
		if (after !== before) await tx.emit(suspended ? tenantSuspended : tenantUpdated, after, tenantData(after));
		return tenantView(after);
	});
	announceTenantChanged(ctx.broker, id);
	return view;
}
