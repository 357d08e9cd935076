import type { Context, Middleware } from "moleculer";
import type { Caller } from "../contracts/caller.ts";
import { Problem } from "../lib/problem.ts";
import type { Meta } from "./action.ts";

type Handler = (this: unknown, ctx: Context<unknown, Meta>) => Promise<unknown>;
type Packet = { type?: string; payload: { meta?: unknown } };

const KINDS: ReadonlySet<unknown> = new Set<Caller["kind"]>([
	"user",
	"customer",
	"service",
	"platform",
	"system",
	"anonymous",
]);

const isText = (value: unknown): value is string => typeof value === "string";
const isTextOrNull = (value: unknown) => value === null || isText(value);
const isTexts = (value: unknown) => Array.isArray(value) && value.every(isText);

function isTenant(value: unknown): boolean {
	const { id, slug, settings } = (value ?? {}) as Record<string, unknown>;
	return isText(id) && id !== "" && isText(slug) && typeof settings === "object" && settings !== null;
}

/**
 * Whether a value has what every decision about access looks at. Whatever else there is may be newer or older than this
 * process.
 */
function isCaller(value: unknown): value is Caller {
	if (typeof value !== "object" || value === null) return false;
	const { kind, id, role, groupIds, scopes, credentialId, tenant } = value as Record<string, unknown>;
	return (
		KINDS.has(kind) &&
		isText(id) &&
		isTextOrNull(role) &&
		isTexts(groupIds) &&
		isTexts(scopes) &&
		isTextOrNull(credentialId) &&
		(tenant === null || isTenant(tenant))
	);
}

function freezeDeeply(value: object): void {
	Object.freeze(value);
	for (const inner of Object.values(value)) if (typeof inner === "object" && inner !== null) freezeDeeply(inner);
}

/** Callers that have been looked at: within a process the same one goes from call to call. */
const checked = new WeakSet<object>();

function checkCaller({ meta }: Context<unknown, Meta>): void {
	const { caller } = meta;
	if (caller === undefined || checked.has(caller)) return;
	if (!isCaller(caller)) throw new Problem(401, "unauthenticated", "The identity behind this call is not a whole one.");
	freezeDeeply(caller);
	checked.add(caller);
}

/**
 * Keeps who is behind a call what the gateway verified, all the way. A service only ever sees a caller of the right shape,
 * and nobody can write into it. What a service writes into `ctx.meta` goes to those it calls and to nobody else: neither a
 * local nor a remote callee can change what its caller goes on with. The library would copy all of it back.
 *
 * It must wrap whatever looks at the caller.
 */
export const identity: Middleware = {
	name: "Identity",
	localAction(next: Handler): Handler {
		return async function identified(this: unknown, ctx) {
			checkCaller(ctx);
			return next.call(this, ctx);
		};
	},
	localEvent(next: Handler): Handler {
		return async function identified(this: unknown, ctx) {
			checkCaller(ctx);
			return next.call(this, ctx);
		};
	},
	/** What a caller's context would take over from its callee's. */
	call(next: (...args: unknown[]) => Promise<unknown> & { ctx?: object }) {
		return function call(this: unknown, ...args: unknown[]) {
			const answer = next.apply(this, args);
			if (answer.ctx) answer.ctx = {};
			return answer;
		};
	},
	/** Nor does it travel: an answer is the shorter for it. */
	transitPublish(next: (packet: Packet) => Promise<unknown>) {
		return function publish(this: unknown, packet: Packet) {
			if (packet.type === "RES") packet.payload.meta = {};
			return next.call(this, packet);
		};
	},
	transitMessageHandler(next: (command: string, packet: Packet) => Promise<unknown>) {
		return function receive(this: unknown, command: string, packet: Packet) {
			if (command === "RES" && packet?.payload) packet.payload.meta = {};
			return next.call(this, command, packet);
		};
	},
} as unknown as Middleware;
