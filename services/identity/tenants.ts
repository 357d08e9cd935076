import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { tenantSuspended, tenantUpdated } from "../../contracts/identity-events.ts";
import { tenantById, tenantBySlug } from "../../contracts/identity-internal.ts";
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
import { Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf } from "../../mixins/store.ts";
import type { Tenant } from "../../models/tenant.ts";
import type { IdentitySagas } from "./identity-sagas.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { provision } from "./provision-tenant.ts";
import { announceTenantChanged } from "./revocation.ts";
import { callerTenant, changedLanguages, patchedSettings, timeZoneAt } from "./tenant-rules.ts";
import { tenantData, tenantView } from "./views.ts";

/** Actions on tenants: the platform's and a tenant's own. */
export function tenantActions(identity: Identity, sagas: IdentitySagas): Record<string, ActionSchema> {
	const { tenants } = identity;
	return {
		provisionTenant: action(provisionTenant, (ctx) => provision(identity, sagas, ctx)),
		listTenants: action(listTenants, async (ctx) => {
			const page = await tenants.list(TENANTS, TENANT_LIST, ctx.params);
			return { ...page, data: page.data.map(tenantView) };
		}),
		getTenant: action(getTenant, async (ctx) => tenantView(await tenants.require(TENANTS, ctx.params.id))),
		tenantBySlug: action(tenantBySlug, async (ctx) => {
			const [tenant] = await tenants.find(TENANTS, { slug: ctx.params.slug }, { limit: 1 });
			return tenant?.status === "active" ? callerTenant(tenant) : null;
		}),
		tenantById: action(tenantById, async ({ params: { tenantId } }) => {
			const tenant = await tenants.get(TENANTS, tenantId);
			if (!tenant) return null;
			const { id, status, locale, timeZone, settings } = callerTenant(tenant);
			return { id, status, locale, timeZone, settings, version: tenant.version };
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

type Administration = Omit<ParamsOf<typeof administerTenant>, "id" | "ifVersion">;

function administered(tenant: Tenant, change: Administration): Tenant {
	if (change.status !== undefined && tenant.status !== "active" && tenant.status !== "suspended")
		throw new Problem(409, "invalid_transition", `A tenant that is ${tenant.status} cannot become ${change.status}.`);
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
