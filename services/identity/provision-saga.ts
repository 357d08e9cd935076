import {
	closePartitionOf,
	type NewTenant,
	openPartitionOf,
	PREPARING,
	type Preparing,
} from "../../contracts/tenant-partition.ts";
import type { Actor } from "../../lib/event-log.ts";
import { within } from "../../lib/within.ts";
import { askAgainAt, isAway, isRefusal } from "../../mixins/away.ts";
import type { SagaDefinition, SagaRun } from "../../mixins/saga-definition.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import { type Tenant, tenantModel } from "../../models/tenant.ts";
import { type User, userModel } from "../../models/user.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { announceTenant } from "./provision.ts";

/** How long a service that does not answer keeps a new tenant waiting, ms. It prepares its part when it is back. */
const PATIENCE_MS = 2000;

export interface Provisioning {
	tenantId: string;
	ownerId: string;
	tokenId: string;
	tenant: NewTenant;
	actor: Actor;
	/** the services that have not prepared their part yet */
	missing: readonly Preparing[];
}

type Run = SagaRun<Provisioning>;

function open({ id, state: { tenantId, tenant }, call }: Run, service: Preparing): Promise<unknown> {
	return call(openPartitionOf(service), { tenantId, sagaId: id, tenant }, service);
}

/** Waits no longer than so for each service. */
type Patience = (answer: Promise<unknown>) => Promise<unknown>;

/** Asks services all at once and tells which of them did not answer. Throws what one of them refused, after all have said. */
async function openAll(run: Run, patience: Patience): Promise<{ missing: Preparing[]; errors: unknown[] }> {
	const services = run.state.missing;
	const asked = await Promise.allSettled(services.map((service) => patience(open(run, service))));
	const missing = services.filter((_, index) => asked[index]?.status === "rejected");
	const errors = asked.filter((one) => one.status === "rejected").map((one) => one.reason as unknown);
	const refusal = errors.find(isRefusal);
	if (refusal) throw refusal;
	return { missing, errors };
}

/** Takes back what was prepared, the last one first. Whether a service has to be waited for. */
async function closeAll({ id, state: { tenantId }, call, chunk }: Run): Promise<boolean> {
	let waits = false;
	for (const service of PREPARING.toReversed()) {
		try {
			const { more } = await call(closePartitionOf(service), { tenantId, sagaId: id }, `${service} ${chunk}`);
			waits ||= more;
		} catch (error) {
			if (!isAway(error)) throw error;
			waits = true;
		}
	}
	return waits;
}

/** Removes a tenant of which nobody was told, so that its slug is free again. */
async function forget({ store }: Identity, { id, state }: Run): Promise<void> {
	const { tenantId, ownerId, tokenId, actor } = state;
	const command = { tenantId, actor, correlationId: id, causationId: null, id: null };
	await store.commit(command, async ({ session }) => {
		const never: Partial<Tenant> = { _id: tenantId, status: "provisioning" };
		const { deletedCount } = await store.model(tenantModel).deleteOne(never, { session });
		if (deletedCount === 0) return;
		const token: Partial<ApiToken> = { _id: tokenId, tenantId };
		const owner: Partial<User> = { _id: ownerId, tenantId };
		await store.model(apiTokenModel).deleteOne(token, { session });
		await store.model(userModel).deleteOne(owner, { session });
	});
}

/** The tenant is there from now on. Its version stays: nobody has seen it before. */
async function activate({ store, tenants, users }: Identity, { id, state }: Run): Promise<void> {
	const { tenantId, ownerId, actor } = state;
	const command = { tenantId, actor, correlationId: id, causationId: null, id: `${id}:activate` };
	await store.commit(command, async (tx) => {
		const before = await tenants.require(TENANTS, tenantId, tx);
		if (before.status !== "provisioning") return;
		const active: Tenant = { ...before, status: "active" };
		const $set: Partial<Tenant> = { status: active.status };
		await store.model(tenantModel).updateOne({ _id: tenantId }, { $set }, { session: tx.session });
		await announceTenant(tx, active, await users.require({ tenantId }, ownerId, tx));
	});
}

/**
 * Provisioning a tenant, whose slug, owner and token are reserved by the command that begins it: the services prepare
 * their parts, all at once, then the tenant is active. A service that is away keeps nobody waiting; it prepares its part
 * when it is back. One that refuses ends it all, and the slug is free again. `decided` is told as soon as the tenant is
 * active or not to be.
 */
export function provisionSaga(identity: Identity, decided: (sagaId: string) => void): SagaDefinition<Provisioning> {
	return {
		type: "tenant.provision",
		result: ({ tenantId, missing }) => ({ tenantId, missing }),
		steps: [
			{
				name: "partitions",
				async run(run) {
					const { missing } = await openAll(run, (answer) => within(PATIENCE_MS, answer));
					return { missing };
				},
				async undo(run) {
					const waits = await closeAll(run);
					// The slug waits for nobody: what a service that is away prepared is removed when it is back.
					await forget(identity, run);
					decided(run.id);
					if (waits) return { again: true, notBefore: askAgainAt(run.now) };
				},
			},
			{
				name: "activate",
				pivot: true,
				async run(run) {
					await activate(identity, run);
					decided(run.id);
				},
			},
			{
				name: "remaining",
				async run(run) {
					if (run.state.missing.length === 0) return;
					const { missing, errors } = await openAll(run, (answer) => answer);
					if (missing.length === 0) return { missing };
					const failure = errors.find((error) => !isAway(error));
					if (failure) throw failure;
					return { missing, again: true, notBefore: askAgainAt(run.now) };
				},
			},
		],
	};
}
