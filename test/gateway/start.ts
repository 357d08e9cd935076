import type { AddressInfo } from "node:net";
import type { ActionSchema, Service, ServiceBroker, ServiceSchema } from "moleculer";
import type { Clock } from "../../lib/clock.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import gatewayService, { type GatewayOptions } from "../../services/gateway/gateway.service.ts";
import { startBroker } from "../support/broker.ts";
import {
	type FixtureState,
	fixtureContracts,
	fixtureState,
	identityFixture,
	thingsFixture,
} from "./fixture-service.ts";

/** A gateway on a free port in front of the fixture's services. */
export interface TestGateway {
	origin: string;
	port: number;
	state: FixtureState;
	broker: ServiceBroker;
	runtime: Runtime;
	/** one request; `token` becomes the bearer token, `body` is sent as JSON */
	ask(method: string, path: string, options?: AskOptions): Promise<Asked>;
	stop(): Promise<void>;
}

export interface AskOptions {
	token?: string | null;
	body?: unknown;
	raw?: string | Uint8Array;
	headers?: Record<string, string>;
}

export interface Asked {
	status: number;
	headers: Headers;
	text: string;
	// biome-ignore lint/suspicious/noExplicitAny: tests look into answers of every shape
	json: any;
}

function client(origin: string): TestGateway["ask"] {
	return async (method, path, { token = "owner-token", body, raw, headers } = {}) => {
		const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
		const response = await fetch(origin + path, {
			method,
			redirect: "manual",
			...(payload === undefined ? {} : { body: payload as string }),
			headers: {
				...(token === null ? {} : { authorization: `Bearer ${token}` }),
				...(payload === undefined ? {} : { "content-type": "application/json" }),
				...headers,
			},
		});
		const text = await response.text();
		const json = /json/.test(response.headers.get("content-type") ?? "") && text !== "" ? JSON.parse(text) : null;
		return { status: response.status, headers: response.headers, text, json };
	};
}

export async function startGateway(
	options: GatewayOptions & {
		clock?: Clock;
		env?: Record<string, string>;
		/** further services, and actions of identity */
		services?: ServiceSchema[];
		identity?: Record<string, ActionSchema>;
	} = {},
): Promise<TestGateway> {
	const state = fixtureState();
	const { clock, env, services = [], identity, ...gateway } = options;
	const { broker, runtime, stop } = await startBroker(
		[
			() => identityFixture(state, identity),
			() => thingsFixture(state),
			...services.map((service) => () => service),
			(own) => gatewayService(own, { contracts: fixtureContracts, drainGraceMs: 20, ...gateway }),
		],
		{ ...(clock ? { clock } : {}), ...(env ? { env } : {}) },
	);
	const { server } = broker.getLocalService("gateway") as Service & { server: { address(): AddressInfo } };
	const { port } = server.address();
	const origin = `http://127.0.0.1:${port}`;
	return { origin, port, state, broker, runtime, ask: client(origin), stop };
}
