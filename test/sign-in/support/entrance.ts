import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Service } from "moleculer";
import { newId } from "../../../lib/ids.ts";
import gatewayService from "../../../services/gateway/gateway.service.ts";
import identityService from "../../../services/identity/identity.service.ts";
import { startBroker } from "../../support/broker.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";
import type { Browser, Page } from "./browser.ts";

const PLATFORM_TOKEN = "platform-token-of-the-tests";

/** A tenant made through the API. */
export interface EntranceTenant {
	id: string;
	slug: string;
	ownerToken: string;
}

/** Gateway and identity on a port of their own, behind which somebody can sign in. */
export interface Entrance {
	origin: string;
	clock: ManualClock;
	/** a request with a bearer token; answers the status and the parsed body */
	api<T = Record<string, unknown>>(
		token: string,
		method: string,
		route: string,
		body?: unknown,
	): Promise<{ status: number; headers: Headers; body: T }>;
	/** a tenant whose people have these addresses; the first is its owner's */
	tenant(...emails: string[]): Promise<EntranceTenant>;
	platform(method: string, route: string, body?: unknown): Promise<number>;
	/** signs in with whoever the issuer says it is, up to the page that it ends on */
	signIn(browser: Browser, returnTo?: string): Promise<Page>;
	/** up to the issuer's sending the browser back, whose address it answers */
	signInUpToCallback(browser: Browser, returnTo?: string): Promise<string>;
	/** who the browser is, by its session */
	whoAmI(browser: Browser): Promise<{ status: number; body: Record<string, unknown> }>;
	stop(): Promise<void>;
}

const isCallback = ({ pathname }: URL) => pathname === "/api/callback";

/** Starts gateway and identity with an issuer, or with the development issuer where none is named. */
export async function openEntrance(env: Record<string, string>): Promise<Entrance> {
	// Tokens of real issuers carry real times, so the clock starts where they are.
	const clock = manualClock(new Date().toISOString());
	const desk = await startBroker([gatewayService, identityService], { clock, env: { PLATFORM_TOKEN, ...env } });
	const { server } = desk.broker.getLocalService("gateway") as Service & { server: Server };
	const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

	const api: Entrance["api"] = async (token, method, route, body) => {
		const response = await fetch(`${origin}/api${route}`, {
			method,
			headers: {
				authorization: `Bearer ${token}`,
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		return { status: response.status, headers: response.headers, body: text === "" ? null : JSON.parse(text) };
	};

	async function tenant(...[owner = "", ...others]: string[]): Promise<EntranceTenant> {
		const slug = `t-${newId().slice(-10)}`;
		const made = await api<{ tenant: { id: string }; token: string }>(PLATFORM_TOKEN, "POST", "/tenants", {
			slug,
			name: slug,
			owner: { email: owner, name: "Olga Owner" },
		});
		if (made.status !== 201) throw new Error(`no tenant: ${JSON.stringify(made.body)}`);
		for (const email of others) {
			const person = { email, name: "Anna Agent", role: "agent" };
			const invited = await api(made.body.token, "POST", "/users", person);
			if (invited.status !== 201) throw new Error(`nobody invited: ${JSON.stringify(invited.body)}`);
		}
		return { id: made.body.tenant.id, slug, ownerToken: made.body.token };
	}

	const begin = (browser: Browser, returnTo = "/api/auth/user") =>
		browser.visit(`${origin}/api/login?returnTo=${encodeURIComponent(returnTo)}`);

	return {
		origin,
		clock,
		api,
		tenant,
		platform: async (method, route, body) => (await api(PLATFORM_TOKEN, method, route, body)).status,
		signIn: async (browser, returnTo) => browser.follow(await begin(browser, returnTo)),
		signInUpToCallback: async (browser, returnTo) => {
			const { next, status, text } = await browser.follow(await begin(browser, returnTo), isCallback);
			if (next === null) throw new Error(`the issuer did not send the browser back: ${status} ${text}`);
			return next;
		},
		whoAmI: async (browser) => {
			const { status, text } = await browser.visit(`${origin}/api/auth/user`);
			return { status, body: JSON.parse(text) };
		},
		stop: () => desk.stop(),
	};
}
