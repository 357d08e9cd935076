import type { ActionSchema, Context, Middleware } from "moleculer";
import { type Caller, mustBeAllowed } from "../contracts/caller.ts";
import type { Access } from "../contracts/contract.ts";
import { Problem } from "../lib/problem.ts";
import type { Meta } from "./action.ts";
import { isRefusedWhileOffboarding, mustNotBeLeaving } from "./read-only.ts";

/** Actions that come with the libraries and are only reachable from inside a process or by operators. */
const LIBRARY_ACTIONS = /^(\$node\.|gateway\.rest$)/;

/**
 * Whether a caller has the access that a contract names. Throws 401 where nobody is behind the call, 403 where the caller
 * may not. `alsoPlatform` lets the platform's own credential through as well.
 */
export function checkAccess(access: Access, caller: Caller | undefined, alsoPlatform = false): void {
	if (access === "public" || access === "internal") return;
	if (!caller) throw new Problem(401, "unauthenticated", "This needs a credential.");
	if (access === "platform") {
		if (caller.kind !== "platform") throw new Problem(403, "forbidden", "This is for the platform's own credential.");
		return;
	}
	if (alsoPlatform && caller.kind === "platform") return;
	if (!caller.tenant) throw new Problem(403, "forbidden", "The platform's own credential sees no tenant's data.");
	if (access !== "authenticated") mustBeAllowed(caller, access);
}

/**
 * Checks the access that an action's contract names. It must wrap the cacher, so that an answer from the cache passes it
 * too (see the list in `moleculer.config.ts`). An action without a contract does not start.
 */
export const authorization: Middleware = {
	name: "Authorization",
	localAction(next: (ctx: Context<unknown, Meta>) => Promise<unknown>, action: ActionSchema) {
		if (LIBRARY_ACTIONS.test(action.name ?? "")) return next;
		const contract = action.contract?.();
		const { access, alsoPlatform } = contract ?? {};
		if (!contract || !access)
			throw new Error(`the action ${action.name} has no contract, so nobody can say who may call it`);
		const changes = isRefusedWhileOffboarding(contract);
		return async function authorized(this: unknown, ctx: Context<unknown, Meta>) {
			checkAccess(access, ctx.meta.caller, alsoPlatform);
			if (changes) mustNotBeLeaving(ctx.meta.caller);
			return next.call(this, ctx);
		};
	},
} as unknown as Middleware;
