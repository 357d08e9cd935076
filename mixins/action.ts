import type { ActionSchema, Context, Service } from "moleculer";
import type { Caller, TenantCaller } from "../contracts/caller.ts";
import type { ActionContract } from "../contracts/contract.ts";
import { Problem } from "../lib/problem.ts";

/** What travels with every call. Only the gateway and `asSystem` ever write it. */
export interface Meta {
	caller?: Caller;
	/** names this command once for all its repeats: tenant, credential, route and the client's Idempotency-Key */
	commandId?: string;
	/** W3C trace context of the request */
	traceparent?: string;
	/** language tags the client prefers, best first */
	acceptLanguage?: string;
}

export type CallContext<P = unknown> = Context<P, Meta>;

declare module "moleculer" {
	interface ActionSchema {
		/** the contract this action fulfils; without one an action does not start */
		contract?: () => ActionContract;
		/** told to every node, so that a caller knows whether it may send a call again */
		idempotent?: boolean;
	}
}

/**
 * Fulfils a contract: gives the broker the parameters to validate and the access to check, and the handler its types.
 */
export function action<P, R>(
	contract: ActionContract<P, R>,
	handler: (this: Service, ctx: CallContext<P>) => Promise<R>,
): ActionSchema {
	return {
		// Behind functions, because Moleculer copies a service's schema deeply several times, and tells it to every node.
		contract: () => contract as ActionContract,
		params: { $schema: () => contract.params } as unknown as NonNullable<ActionSchema["params"]>,
		visibility: contract.rest.length > 0 ? "published" : "public",
		idempotent: contract.idempotent,
		handler: handler as ActionSchema["handler"],
	};
}

/** Calls another service's action by its contract, with the types of its parameters and result. */
export function call<P, R>(ctx: Context<unknown, Meta>, contract: ActionContract<P, R>, params: P): Promise<R> {
	return ctx.call<R, P>(contract.name, params);
}

/** The verified caller inside a tenant. Throws 401 where nobody, 403 where only the platform is behind the call. */
export function callerOf(ctx: Context<unknown, Meta>): TenantCaller {
	const { caller } = ctx.meta;
	if (!caller) throw new Problem(401, "unauthenticated", "This needs a credential.");
	if (!caller.tenant) throw new Problem(403, "forbidden", "The platform's own credential sees no tenant's data.");
	return caller as TenantCaller;
}
