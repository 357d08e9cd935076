import { type App, startApp } from "../../app.ts";
import { loadConfig } from "../../config.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import type { Clock } from "../../lib/clock.ts";
import type { EventLog } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { testEnvironment } from "./broker.ts";
import { makeDeadLetter } from "./dead-letter.ts";

export const PLATFORM_TOKEN = "platform-token-of-the-tests";

/** One answer of the API. */
export interface Answer<T = never> {
	status: number;
	headers: Headers;
	body: T;
}

export interface RequestOptions {
	body?: unknown;
	/** sent as it is, instead of `body` */
	raw?: string | Uint8Array;
	headers?: Record<string, string>;
}

/** Sends requests with one credential. */
export type Client = <T = Record<string, unknown>>(
	method: string,
	route: string,
	options?: RequestOptions,
) => Promise<Answer<T>>;

/** A tenant made through the API, with a client for each role. */
export interface DeskTenant {
	id: string;
	slug: string;
	as: Record<StaffRole | "service", Client>;
	userIds: Record<StaffRole, string>;
	groupId: string;
	/** a client that acts as a customer in self-service */
	customer(customerId: string): Promise<Client>;
	/** an event of the tenant that a consumer has given up; only in a desk whose events are not retried */
	deadLetter(): Promise<string>;
}

/** The whole product, started in this process on a free port with a store of its own. */
export interface Desk {
	app: App;
	origin: string;
	anonymous: Client;
	platform: Client;
	client(token: string): Client;
	tenant(settings?: Record<string, unknown>): Promise<DeskTenant>;
	/** Resolves when every timer that is due has fired, and everything that was told has taken effect everywhere. */
	settle(): Promise<void>;
	stop(): Promise<void>;
}

function clientOf(origin: string, token: string | null): Client {
	return async (method, route, { body, raw, headers } = {}) => {
		const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
		const response = await fetch(
			origin + (/^\/(api|health|metrics|problems|oidc)\b/.test(route) ? route : `/api${route}`),
			{
				method,
				redirect: "manual",
				headers: {
					...(token ? { authorization: `Bearer ${token}` } : {}),
					...(payload === undefined ? {} : { "content-type": "application/json" }),
					...headers,
				},
				...(payload === undefined ? {} : { body: payload as never }),
			},
		);
		const text = await response.text();
		const json = /\bjson\b/.test(response.headers.get("content-type") ?? "");
		return {
			status: response.status,
			headers: response.headers,
			body: (json && text !== "" ? JSON.parse(text) : text) as never,
		};
	};
}

async function must<T>(answer: Promise<Answer<T>>, status: number): Promise<T> {
	const { status: given, body } = await answer;
	if (given !== status) throw new Error(`answered ${given} instead of ${status}: ${JSON.stringify(body)}`);
	return body;
}

async function makeTenant(
	platform: Client,
	client: (token: string) => Client,
	events: EventLog,
	settings?: Record<string, unknown>,
): Promise<DeskTenant> {
	const slug = `t-${newId().slice(-10)}`;
	const made = await must(
		platform<{ tenant: { id: string }; owner: { id: string }; token: string }>("POST", "/tenants", {
			body: {
				slug,
				name: `Tenant ${slug}`,
				owner: { email: `owner@${slug}.example`, name: "Olga Owner" },
				...(settings ? { settings } : {}),
			},
		}),
		201,
	);
	const owner = client(made.token);
	const group = await must(owner<{ id: string }>("POST", "/groups", { body: { name: "First line" } }), 201);
	const as = { owner } as DeskTenant["as"];
	const userIds = { owner: made.owner.id } as DeskTenant["userIds"];
	for (const role of ["admin", "supervisor", "agent", "viewer"] as const) {
		const body = { name: `${role} of ${slug}`, email: `${role}@${slug}.example`, role, groupIds: [group.id] };
		const user = await must(owner<{ id: string }>("POST", "/users", { body }), 201);
		const token = await must(
			owner<{ token: string }>("POST", "/tokens", { body: { name: role, userId: user.id } }),
			201,
		);
		userIds[role] = user.id;
		as[role] = client(token.token);
	}
	const service = await must(
		owner<{ token: string }>("POST", "/tokens", { body: { name: "integration", scopes: ["*"] } }),
		201,
	);
	as.service = client(service.token);
	return {
		id: made.tenant.id,
		slug,
		as,
		userIds,
		groupId: group.id,
		customer: async (customerId) => {
			const { token } = await must(
				owner<{ token: string }>("POST", "/tokens", { body: { name: "self-service", customerId } }),
				201,
			);
			return client(token);
		},
		deadLetter: () => makeDeadLetter(events, made.tenant.id),
	};
}

interface Settling {
	settleTimers?(): Promise<void>;
	settleEvents?(): Promise<void>;
	timedWork?(): Promise<{ kind: string; due: number }[]>;
}

/** What is told may be told on by others, so often in a row at most. */
const TOLD_ON = 4;

async function settle({ broker }: App): Promise<void> {
	const services = broker.services as unknown as Settling[];
	for (let round = 1; ; round++) {
		for (const service of services) await service.settleTimers?.();
		for (const service of services) await service.settleEvents?.();
		const work = await Promise.all(services.map((service) => service.timedWork?.() ?? []));
		const isDue = work.flat().some(({ kind, due }) => kind === "timers" && due > 0);
		if (round >= TOLD_ON && !isDue) return;
		if (round > 100) throw new Error("there is always another timer due");
	}
}

/** Starts every service behind the gateway. Queries that scan fail. */
export async function startDesk(
	options: { clock?: Clock; env?: Record<string, string>; eventRetryDelays?: readonly number[] } = {},
): Promise<Desk> {
	const { env, cleanup } = await testEnvironment();
	const config = loadConfig({ ...env, PLATFORM_TOKEN, ...options.env });
	const { clock, eventRetryDelays } = options;
	const app = await startApp(config, {
		strictQueries: true,
		...(clock ? { clock } : {}),
		...(eventRetryDelays ? { eventRetryDelays } : {}),
	});
	const { origin } = app;
	if (!origin) throw new Error("the gateway does not listen");
	const client = (token: string) => clientOf(origin, token);
	const platform = client(PLATFORM_TOKEN);
	return {
		app,
		origin,
		anonymous: clientOf(origin, null),
		platform,
		client,
		tenant: (settings) => makeTenant(platform, client, app.runtime.events, settings),
		settle: () => settle(app),
		async stop() {
			await app.stop();
			await cleanup();
		},
	};
}
