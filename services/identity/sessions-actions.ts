import { randomBytes } from "node:crypto";
import type { ActionSchema } from "moleculer";
import {
	beginSignIn,
	completeSignIn,
	endSession as endSessionContract,
	SIGN_IN_TTL_SEC,
	sessionTenants,
	switchTenant,
	trustDevelopmentIssuer,
} from "../../contracts/sign-in.ts";
import { notFound, Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { type ServiceValueRow, serviceValueModel } from "../../models/outbox.ts";
import type { Identity } from "./identity-store.ts";
import { verifiedEmail } from "./oidc-claims.ts";
import { openFlow, sealFlow } from "./oidc-flow.ts";
import { authorizationRequest, endSessionUrl, redeem } from "./oidc-grant.ts";
import { type Person, peopleByEmail } from "./people-behind.ts";
import { announceRevoked } from "./revocation.ts";
import { endSession, findSession, openSession, startSession } from "./sessions.ts";
import { secondsLeft } from "./sessions-limits.ts";

/** The key that pending sign-ins are sealed with: one for all nodes, made at the first use. */
async function flowKey(identity: Identity): Promise<Uint8Array> {
	const values = identity.store.model(serviceValueModel);
	const _id = "signInKey";
	const stored = await values.findById(_id).lean<ServiceValueRow>();
	if (stored?.text) return Buffer.from(stored.text, "base64");
	await values.updateOne({ _id }, { $setOnInsert: { text: randomBytes(32).toString("base64") } }, { upsert: true });
	return flowKey(identity);
}

function notInvited(): Problem {
	return new Problem(
		403,
		"not_invited",
		"Nobody here has this address, or the issuer does not vouch for it. Ask an owner of your desk to invite you.",
	);
}

/** The tenant that a sign-in starts in: the one the browser was in before, else the oldest that the person belongs to. */
async function personOf(identity: Identity, email: string, replaces: string | undefined): Promise<Person> {
	const people = await peopleByEmail(identity, email);
	const before = replaces ? await findSession(identity, replaces) : null;
	const person = people.find(({ tenant }) => tenant._id === before?.tenantId) ?? people[0];
	if (!person) throw notInvited();
	return person;
}

const viewOf = ({ tenant }: Person, current: boolean) => ({
	id: tenant._id,
	slug: tenant.slug,
	name: tenant.name,
	current,
});

/** Signing in and out: what the gateway's routes of that name call. */
export function sessionActions(identity: Identity): Record<string, ActionSchema> {
	const { clock } = identity.runtime;
	return {
		trustDevelopmentIssuer: action(trustDevelopmentIssuer, async (ctx) => {
			identity.issuer.trustDevelopmentIssuer(ctx.params.issuer);
			return null;
		}),

		beginSignIn: action(beginSignIn, async (ctx) => {
			const issuer = await identity.issuer.get();
			const { url, flow } = await authorizationRequest(issuer, ctx.params);
			const sealed = await sealFlow(flow, await flowKey(identity), clock, SIGN_IN_TTL_SEC);
			return { url, state: flow.state, flow: sealed };
		}),

		completeSignIn: action(completeSignIn, async (ctx) => {
			const { replaces, response } = ctx.params;
			const flow = await openFlow(ctx.params.flow, await flowKey(identity), clock);
			const issuer = await identity.issuer.get();
			if (issuer.issuer !== flow.issuer) throw new Problem(400, "sign_in_expired", "The issuer has changed since.");
			const email = verifiedEmail(await redeem(issuer, flow, response), issuer.issuer);
			if (!email) throw notInvited();
			const person = await personOf(identity, email, replaces);
			const { secret, row } = await startSession(identity, person, email);
			const ended = replaces ? await endSession(identity, replaces) : null;
			if (ended) announceRevoked(ctx.broker, [ended]);
			return { session: secret, maxAgeSec: secondsLeft(row, clock.now()), returnTo: flow.returnTo };
		}),

		endSession: action(endSessionContract, async (ctx) => {
			const { session, returnUri } = ctx.params;
			const ended = session ? await endSession(identity, session) : null;
			if (ended) announceRevoked(ctx.broker, [ended]);
			if (!ended || !identity.issuer.name) return { endSessionUrl: null };
			// The session is over whether or not the issuer can be asked where to go next.
			const issuer = await identity.issuer.get().catch(() => null);
			return { endSessionUrl: issuer && (await endSessionUrl(issuer, returnUri)) };
		}),

		sessionTenants: action(sessionTenants, async (ctx) => {
			const { row } = await openSession(identity, ctx.params.session);
			const people = await peopleByEmail(identity, row.email);
			return {
				tenants: people.map((person) => viewOf(person, person.tenant._id === row.tenantId)),
				expiresAt: row.expiresAt.toISOString(),
			};
		}),

		switchTenant: action(switchTenant, async (ctx) => {
			const { session, slug } = ctx.params;
			const { row } = await openSession(identity, session);
			const people = await peopleByEmail(identity, row.email);
			const person = people.find(({ tenant }) => tenant.slug === slug);
			if (!person) throw notFound("tenant");
			const next = await startSession(identity, person, row.email, row.expiresAt);
			const ended = await endSession(identity, session);
			if (ended) announceRevoked(ctx.broker, [ended]);
			return {
				session: next.secret,
				maxAgeSec: secondsLeft(next.row, clock.now()),
				tenant: viewOf(person, true),
			};
		}),
	};
}
