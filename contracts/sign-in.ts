import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Nullable } from "./fields.ts";

/** How long somebody may take at the issuer before the sign-in has to be begun again, seconds. */
export const SIGN_IN_TTL_SEC = 600;

/** As whom this product is known to its own development issuer, and the audience of that issuer's tokens. */
export const DEVELOPMENT_CLIENT_ID = "conductor";

/**
 * The development issuer offers one person for each role of staff, `<role>@` this domain; the first start invites them
 * to its demo tenant.
 */
export const DEMO_EMAIL_DOMAIN = "demo.example";

const SessionId = Type.String({ minLength: 1, maxLength: 256 });
const Url = Type.String({ minLength: 1, maxLength: 2048 });

/**
 * Begins a sign-in. `redirectUri` is where the issuer shall send the browser back to, `returnTo` the checked path it
 * ends up at. `flow` is what the browser keeps until then (encrypted, good for `SIGN_IN_TTL_SEC`), `state` names it.
 * Throws 404 `sign_in_not_configured` where there is no issuer, 503 `unavailable` where it does not answer.
 */
export const beginSignIn = defineAction({
	name: "identity.beginSignIn",
	access: "internal",
	summary: "Begin a sign-in at the OpenID issuer",
	body: strict({ redirectUri: Url, returnTo: Url }),
	result: strict({ url: Type.String(), state: Type.String(), flow: Type.String() }),
});

/**
 * Ends a sign-in with what the issuer sent back (`response` is the query string as received) and starts a session.
 * `replaces` is the session that the browser had before: it ends. `session` is the new session's secret.
 * Throws 400 `sign_in_expired`, 401 `sign_in_failed`, 403 `not_invited`, 503 `unavailable`.
 */
export const completeSignIn = defineAction({
	name: "identity.completeSignIn",
	access: "internal",
	summary: "Start a session with the issuer's answer",
	body: strict({
		flow: Type.String({ minLength: 1, maxLength: 4096 }),
		response: Type.String({ maxLength: 8192 }),
		replaces: Type.Optional(SessionId),
	}),
	result: strict({ session: Type.String(), maxAgeSec: Type.Integer(), returnTo: Type.String() }),
});

/** Ends a session; an unknown one is no error. `endSessionUrl` signs the person out at the issuer as well, if it can. */
export const endSession = defineAction({
	name: "identity.endSession",
	access: "internal",
	summary: "End a session",
	body: strict({ session: Type.Optional(SessionId), returnUri: Url }),
	result: strict({ endSessionUrl: Nullable(Type.String()) }),
});

const SessionTenant = strict({ id: Type.String(), slug: Type.String(), name: Type.String(), current: Type.Boolean() });

/** The tenants that the person of a session belongs to. Throws 401 where the session is not good. */
export const sessionTenants = defineAction({
	name: "identity.sessionTenants",
	access: "internal",
	idempotent: true,
	summary: "The tenants of a session's person",
	body: strict({ session: SessionId }),
	result: strict({ tenants: Type.Array(SessionTenant), expiresAt: Type.String({ format: "date-time" }) }),
});

/**
 * Moves a session into another tenant of its person: the old one ends, a new one with the same absolute limit starts.
 * Throws 401 where the session is not good, 404 for a tenant that does not exist or the person does not belong to.
 */
export const switchTenant = defineAction({
	name: "identity.switchTenant",
	access: "internal",
	summary: "Move a session into another tenant",
	body: strict({ session: SessionId, slug: Type.String({ minLength: 1, maxLength: 64 }) }),
	result: strict({ session: Type.String(), maxAgeSec: Type.Integer(), tenant: SessionTenant }),
});

/** What `POST /api/session/tenant` takes. */
export const SwitchTenantBody = strict({ slug: Type.String({ minLength: 1, maxLength: 64 }) });

/**
 * Says under which URL the gateway has mounted its development issuer. Identity accepts it only where no issuer is
 * configured and not in production.
 */
export const trustDevelopmentIssuer = defineAction({
	name: "identity.trustDevelopmentIssuer",
	access: "internal",
	summary: "Trust the development issuer",
	body: strict({ issuer: Url }),
	result: Type.Null(),
});
