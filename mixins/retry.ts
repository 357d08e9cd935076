import { setTimeout as pause } from "node:timers/promises";
import type { ActionSchema, Context, Middleware, ServiceBroker } from "moleculer";
import type { Metrics } from "../lib/metrics.ts";
import type { Meta } from "./action.ts";

/** How often a call is sent again at most, and how long it waits before that, ms, longer each time. */
const MAX_AGAIN = 3;
const PAUSE_MS = 20;
/** For how long one is sent again that reaches nobody, ms: so long all may need to be there again after NATS was away. */
const REACHING_MS = 3000;
const LONGEST_PAUSE_MS = 200;
/** With less time than this left nobody would get the answer any more, ms. */
const WORTHWHILE_MS = 50;

type CallContext = Context<unknown, Meta> & {
	options: { timeout?: number | null; nodeID?: string };
	startHrTime?: [number, number] | null;
	/** how often it was sent again before, and since when */
	again?: { times: number; since: number };
};

interface CallError {
	type?: string;
	data?: { action?: string; nodeID?: string };
}

/** The callee said itself that it did not begin: it is about to stop, or does not have the action any more. */
function wasNotBegun({ type, data }: CallError, action: string, nodeID: string | null): boolean {
	const refused = type === "SERVICE_NOT_AVAILABLE" || type === "SERVICE_NOT_FOUND";
	return refused && data?.action === action && data.nodeID === nodeID;
}

/** The callee went away, or could not be reached: the call may have taken effect or not. */
const isLost = ({ type }: CallError) =>
	type === "REQUEST_REJECTED" || type === "NOT_DELIVERED" || type === "BAD_GATEWAY";

function isWorthwhile({ type }: CallError, { times, since }: { times: number; since: number }): boolean {
	return type === "NOT_DELIVERED" ? performance.now() - since < REACHING_MS : times < MAX_AGAIN;
}

/** ms that are left of the time that a call may take; null where that is without limit */
function timeLeft({ options, startHrTime }: CallContext): number | null {
	if (!options.timeout || !startHrTime) return null;
	const [seconds, nanoseconds] = process.hrtime(startHrTime);
	return options.timeout - (seconds * 1000 + nanoseconds / 1e6);
}

/**
 * Sends a call to another copy of the service where the first one went away, if that can do no harm: the callee said that
 * it did not begin, or the action is a read, or the command has an id by which its service knows it again. A call that
 * merely takes too long is not sent again, nor is any other command: it may have taken effect.
 *
 * It must wrap the circuit breaker and the time-out, so that each try has its own.
 */
export function retry(metrics: Metrics | null): Middleware {
	const middleware = {
		name: "Retry",
		remoteAction(
			this: ServiceBroker,
			next: (ctx: CallContext) => Promise<unknown>,
			action: ActionSchema & { name: string },
		) {
			const broker = this;

			async function again(ctx: CallContext, error: CallError): Promise<unknown> {
				const { again: before = { times: 0, since: performance.now() }, nodeID } = ctx;
				const harmless = action.idempotent === true || ctx.meta.commandId !== undefined;
				const mayPass = wasNotBegun(error, action.name, nodeID) || (harmless && isLost(error));
				if (!mayPass || !isWorthwhile(error, before) || ctx.options.nodeID !== undefined) throw error;
				await pause(Math.min(PAUSE_MS * before.times, LONGEST_PAUSE_MS));
				const left = timeLeft(ctx);
				if (left !== null && left < WORTHWHILE_MS) throw error;
				const copy = ctx.copy() as CallContext;
				copy.again = { times: before.times + 1, since: before.since };
				copy.options = { ...ctx.options, ...(left === null ? {} : { timeout: left }) };
				metrics?.count("conductor_calls_repeated_total", { service: action.name.split(".")[0] ?? "" });
				return broker.call(action.name, ctx.params as object, { ctx: copy } as never);
			}

			return (ctx: CallContext) => next(ctx).catch((error: CallError) => again(ctx, error));
		},
	};
	return middleware as unknown as Middleware;
}
