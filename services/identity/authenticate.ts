import { actorOf, type Caller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { platformImpersonated } from "../../contracts/identity-events.ts";
import type { callerNow, authenticate as contract } from "../../contracts/identity-internal.ts";
import { isId, newId } from "../../lib/ids.ts";
import { notFound } from "../../lib/problem.ts";
import type { CallContext } from "../../mixins/action.ts";
import type { Command } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import type { Tenant } from "../../models/tenant.ts";
import { authenticateJwt, isJwt } from "./bearer-jwt.ts";
import { hashOf, sameHash, tokenId } from "./credentials.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import type { LastUsed } from "./last-used.ts";
import { hasLeft } from "./offboarding-rules.ts";
import { activePerson, activeTenant, callerOfUser, unauthenticated } from "./people-behind.ts";
import { authenticateSession } from "./sessions.ts";
import { callerTenant } from "./tenant-rules.ts";
import { callerOfToken } from "./token-callers.ts";

/** The credentials that this deployment itself was given or made up. */
export interface DeploymentCredentials {
	/** hash of the platform's token, null where there is none */
	platformHash: string | null;
	/** the demo tenant's token when its value was set from outside, which need not have the form of a token */
	demo: { hash: string; tokenId: string } | null;
}

const PLATFORM_CALLER: Caller = {
	kind: "platform",
	id: "platform",
	name: "Platform",
	email: null,
	role: null,
	groupIds: [],
	scopes: ["platform:*"],
	credentialId: "platform",
	tenant: null,
};

/** Finds out who stands behind credentials. */
export class Authenticator {
	private readonly identity: Identity;
	private readonly lastUsed: LastUsed;
	credentials: DeploymentCredentials = { platformHash: null, demo: null };

	constructor(identity: Identity, lastUsed: LastUsed) {
		this.identity = identity;
		this.lastUsed = lastUsed;
	}

	/**
	 * The caller behind a credential.
	 * @throws 401 `unauthenticated`, 403 `tenant_suspended`, 404 for a tenant that the platform wants to act in and is not
	 */
	async authenticate(ctx: CallContext<ParamsOf<typeof contract>>): Promise<Caller> {
		const { bearer, session, impersonateTenant } = ctx.params;
		if (bearer === undefined) {
			if (session === undefined) throw unauthenticated();
			return authenticateSession(this.identity, session);
		}
		const hash = hashOf(bearer);
		const { platformHash, demo } = this.credentials;
		if (platformHash !== null && sameHash(hash, platformHash))
			return impersonateTenant === undefined ? PLATFORM_CALLER : this.impersonate(ctx, impersonateTenant);
		if (demo !== null && sameHash(hash, demo.hash)) return this.token(demo.tokenId, hash);
		if (isJwt(bearer)) return authenticateJwt(this.identity, bearer);
		const id = tokenId(bearer);
		if (id === null) throw unauthenticated();
		return this.token(id, hash);
	}

	private async token(id: string, hash: string): Promise<Caller> {
		const { store } = this.identity;
		const token = await store.model(apiTokenModel).findById(id).lean<ApiToken>();
		if (!token || !sameHash(token.hash, hash)) throw unauthenticated();
		const caller = await this.holder(token);
		this.lastUsed.note(id, token.lastUsedAt);
		return caller;
	}

	/** Whom a token stands for now. @throws 401 where it is good no more, 403 `tenant_suspended` */
	private async holder(token: ApiToken): Promise<Caller> {
		const { runtime, users } = this.identity;
		if (token.revokedAt || (token.expiresAt && token.expiresAt <= runtime.clock.now())) throw unauthenticated();
		const { tenantId, userId } = token;
		const [tenant, user] = await Promise.all([
			activeTenant(this.identity, tenantId),
			userId === null ? null : users.get({ tenantId }, userId),
		]);
		if (token.kind === "user" && user?.status !== "active") throw unauthenticated();
		return callerOfToken(token, tenant, user);
	}

	/** See the contract: by the same token, or, where a session or a JWT was shown, as the person. */
	async callerNow({ params }: CallContext<ParamsOf<typeof callerNow>>): Promise<Caller> {
		const { tenantId, kind, id, credentialId, scopes } = params;
		const token = credentialId
			? await this.identity.store.model(apiTokenModel).findById(credentialId).lean<ApiToken>()
			: null;
		if (token?.tenantId === tenantId) return this.holder(token);
		if (kind !== "user") throw unauthenticated();
		return callerOfUser(await activePerson(this.identity, tenantId, id), { id: credentialId ?? "", scopes });
	}

	/** The platform acting inside a tenant, which the tenant's audit trail shows. */
	private async impersonate(ctx: CallContext, idOrSlug: string): Promise<Caller> {
		const { store } = this.identity;
		const tenant = await this.tenantNamed(idOrSlug);
		const command: Command = {
			tenantId: tenant._id,
			actor: actorOf(PLATFORM_CALLER),
			correlationId: ctx.requestID ?? ctx.id,
			causationId: null,
			id: null,
		};
		await store.commit(command, (tx) =>
			tx.emit(platformImpersonated, { _id: newId(), version: 1 }, { slug: tenant.slug, role: "admin" }),
		);
		return {
			...PLATFORM_CALLER,
			kind: "service",
			role: "admin",
			scopes: [],
			tenant: callerTenant(tenant),
			onBehalfOf: PLATFORM_CALLER.id,
		};
	}

	private async tenantNamed(idOrSlug: string): Promise<Tenant> {
		const { tenants } = this.identity;
		const [tenant] = await tenants.find(TENANTS, isId(idOrSlug) ? { _id: idOrSlug } : { slug: idOrSlug }, { limit: 1 });
		if (!tenant || hasLeft(tenant)) throw notFound("tenant");
		return tenant;
	}
}
