import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { PREPARING } from "../../contracts/tenant-partition.ts";
import type { provisionTenant } from "../../contracts/tenants.ts";
import { newId } from "../../lib/ids.ts";
import { isProblem, Problem } from "../../lib/problem.ts";
import type { CallContext } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import { PLATFORM } from "../../models/tenant.ts";
import type { IdentitySagas } from "./identity-sagas.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { emailAt, makeSecret, type Provisioned, renewSecret, tenantOf, writeTenant } from "./provision.ts";
import type { Provisioning } from "./provision-saga.ts";
import { tenantView, userView } from "./views.ts";

/** How long a client waits for a new tenant, ms. Less than any call may take. */
const PATIENCE_MS = 6000;

/**
 * Provisions a tenant: its slug, owner and token are reserved in one transaction, and a saga does the rest, which takes a
 * moment. The token is in no receipt: where the same command comes again, its first answer never reached anybody, so the
 * token gets a new secret and that one is answered.
 */
export async function provision(
	identity: Identity,
	sagas: IdentitySagas,
	ctx: CallContext<ParamsOf<typeof provisionTenant>>,
): Promise<ResultOf<typeof provisionTenant>> {
	const { ifVersion: _, ...request } = ctx.params;
	const tenant = { ...tenantOf(request, newId()), status: "provisioning" as const };
	const owner = { email: emailAt("/owner/email", request.owner.email), name: request.owner.name };
	const { token, ...secret } = makeSecret();
	const work = async (tx: Transaction) => {
		const made = await writeTenant(identity, tx, tenant, owner, secret);
		const state = stateOf(tx, made);
		const sagaId = await sagas.runner.begin(tx, sagas.provisioning, { subject: `tenant/${tenant._id}`, state });
		return { tenant: tenantView(made.tenant), owner: userView(made.owner), tokenId: made.tokenId, sagaId };
	};
	const done = await identity.store.commit(commandOf(ctx, PLATFORM), work).catch((error: unknown) => {
		throw slugTaken(error);
	});
	const { tokenId, sagaId, ...answer } = done;
	const status = await statusAfter(identity, sagas, sagaId, answer.tenant.id);
	return {
		...answer,
		tenant: { ...answer.tenant, status },
		token: tokenId === secret.id ? token : await renewSecret(identity, tokenId),
		sagaId,
	};
}

function stateOf(tx: Transaction, { tenant, owner, tokenId }: Provisioned): Provisioning {
	const { _id: tenantId, slug, name, locale, locales, timeZone } = tenant;
	return {
		...{ tenantId, ownerId: owner._id, tokenId, actor: tx.command.actor },
		tenant: { slug, name, locale, locales, timeZone },
		missing: PREPARING,
	};
}

/** What a new tenant is once it can be used, or when that takes too long. Throws 409 where it is not to be. */
async function statusAfter(identity: Identity, sagas: IdentitySagas, sagaId: string, tenantId: string) {
	const saga = await sagas.decided(sagaId, PATIENCE_MS);
	const found = await identity.tenants.get(TENANTS, tenantId);
	if (found) return found.status;
	const reason = saga.error ? ` ${saga.error.detail}` : "";
	throw new Problem(409, "invalid_transition", `The tenant could not be provisioned.${reason}`);
}

function slugTaken(error: unknown): unknown {
	if (!isProblem(error) || error.type !== "duplicate") return error;
	const message = "This slug is taken.";
	return new Problem(409, "duplicate", message, { errors: [{ pointer: "/slug", code: "duplicate", message }] });
}
