import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { tenantOffboarding } from "../../contracts/identity-events.ts";
import {
	cancelOffboarding,
	getOffboarding,
	type OffboardingView,
	offboardTenant,
} from "../../contracts/tenant-offboarding.ts";
import { newId } from "../../lib/ids.ts";
import { invalidField, notFound, Problem } from "../../lib/problem.ts";
import { action, type CallContext } from "../../mixins/action.ts";
import { commandOf } from "../../mixins/store.ts";
import { exportActions, partitionActions } from "../../mixins/tenant-partition.ts";
import { apiTokenModel } from "../../models/api-token.ts";
import { groupModel } from "../../models/group.ts";
import type { Offboarding, Tenant } from "../../models/tenant.ts";
import { userModel } from "../../models/user.ts";
import type { IdentitySagas } from "./identity-sagas.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import type { OffboardingState } from "./offboard-saga.ts";
import { isCancellable, offboardingView, stays } from "./offboarding-rules.ts";
import { announceTenantChanged } from "./revocation.ts";
import { tenantData } from "./views.ts";

const DAY_MS = 24 * 3600 * 1000;
/** For how long the end of a tenant can be called off, ms. */
const GRACE_MS = 30 * DAY_MS;
/** Until every write is over that began before the tenant became read-only, ms: longer than any call takes. */
const QUIET_MS = 15_000;

const EXPORTED = [
	{ entity: "user", model: userModel, order: ["createdAt", "_id"], omit: ["sortName"] },
	{ entity: "group", model: groupModel, order: ["createdAt", "_id"], omit: ["sortName", "joins"] },
	{ entity: "token", model: apiTokenModel, order: ["createdAt", "_id"], omit: ["hash"] },
];

/** The tenant that a request names, where it is the caller's own or the platform asks. Throws 404 for any other. */
function meantTenant({ meta: { caller }, params: { id } }: CallContext<{ id: string }>): string {
	if (caller?.kind !== "platform" && caller?.tenant?.id !== id) throw notFound("tenant");
	return id;
}

async function offboard(
	identity: Identity,
	sagas: IdentitySagas,
	ctx: CallContext<ParamsOf<typeof offboardTenant>>,
): Promise<OffboardingView> {
	const tenantId = meantTenant(ctx);
	const view = await identity.store.commit(commandOf(ctx, tenantId), async (tx) => {
		const before = await identity.tenants.require(TENANTS, tenantId, tx);
		if (ctx.params.confirm !== before.slug)
			throw invalidField("/confirm", "Write the slug of the tenant that is to leave.", "not_confirmed");
		if (before.status !== "active" && before.status !== "suspended")
			throw new Problem(409, "invalid_transition", `A tenant that is ${before.status} cannot be off-boarded.`);
		const [sagaId, requestedAt] = [newId(), tx.now];
		const purgeAfter = new Date(requestedAt.getTime() + GRACE_MS);
		const offboarding: Offboarding = {
			...{ sagaId, requestedAt, requestedBy: tx.command.actor, before: before.status, purgeAfter },
			...{ exports: {}, purgingAt: null, certificate: null },
		};
		const after = await identity.tenants.update(tx, before, { ...before, status: "offboarding", offboarding });
		await tx.emit(tenantOffboarding, after, tenantData(after));
		const subject = `tenant/${tenantId}`;
		await sagas.runner.begin(tx, sagas.offboarding, { id: sagaId, subject, state: stateOf(offboarding) });
		return offboardingView(after);
	});
	sagas.runner.nudge();
	announceTenantChanged(ctx.broker, tenantId);
	return view;
}

function stateOf({ requestedAt, purgeAfter }: Offboarding): OffboardingState {
	return {
		requestedAt: requestedAt.toISOString(),
		quietAt: new Date(requestedAt.getTime() + QUIET_MS).toISOString(),
		purgeAfter: purgeAfter.toISOString(),
		...{ exports: {}, counted: null, purged: 0, looks: 0, certificate: null },
	};
}

async function cancel(
	identity: Identity,
	sagas: IdentitySagas,
	ctx: CallContext<ParamsOf<typeof cancelOffboarding>>,
): Promise<OffboardingView> {
	const tenantId = meantTenant(ctx);
	const { view, sagaId } = await identity.store.commit(commandOf(ctx, tenantId), async (tx) => {
		const before: Tenant = await identity.tenants.require(TENANTS, tenantId, tx);
		if (!before.offboarding || !isCancellable(before))
			throw new Problem(409, "invalid_transition", `The tenant is ${before.status}: there is nothing to cancel.`);
		const { sagaId } = before.offboarding;
		return { view: offboardingView(await stays(identity, tx, tenantId, sagaId)), sagaId };
	});
	await sagas.runner.wake(sagaId);
	announceTenantChanged(ctx.broker, tenantId);
	return view;
}

/** Actions for the end of a tenant, and what identity itself holds of it. */
export function offboardingActions(identity: Identity, sagas: IdentitySagas): Record<string, ActionSchema> {
	const { store, tenants, runtime } = identity;
	return {
		offboardTenant: action(offboardTenant, (ctx) => offboard(identity, sagas, ctx)),
		cancelOffboarding: action(cancelOffboarding, (ctx) => cancel(identity, sagas, ctx)),
		getOffboarding: action(getOffboarding, async (ctx) =>
			offboardingView(await tenants.require(TENANTS, meantTenant(ctx))),
		),
		...exportActions("identity", store, EXPORTED as never),
		...partitionActions("identity", store, runtime.clock),
	};
}
