import type { ServerResponse } from "node:http";
import { isIPv6 } from "node:net";
import type { Caller, CallerTenant } from "../../../contracts/caller.ts";
import type { ActionContract } from "../../../contracts/contract.ts";
import { DEFAULT_SETTINGS } from "../../../contracts/tenant-settings.ts";
import { Problem } from "../../../lib/problem.ts";
import type { Decision, Limit, Limiter } from "./limiter.ts";

const WINDOW_SEC = 60;

/** Requests per minute of an address that shows no valid credential. */
const ANONYMOUS_PER_MINUTE = 600;

/** Kinds of requests with buckets of their own, as a part of what the tenant may do altogether. */
const SHARES = { default: 1, search: 1 / 4, export: 1 / 20 } as const;
export type RequestKind = keyof typeof SHARES;

/** Which bucket a route's requests count against. */
export function requestKind(contract: ActionContract): RequestKind {
	const paths = [...contract.rest, ...contract.help].map((alias) => alias.slice(alias.indexOf(" ") + 1));
	if (paths.some((path) => /\/exports?(\/|$)/.test(path))) return "export";
	return paths.some((path) => /\/search(\/|$)/.test(path)) ? "search" : "default";
}

/** An address as far as one client may hold it: IPv4 whole, IPv6 its /64. */
export function addressBlock(address: string): string {
	const plain = address.replace(/^::ffff:(?=\d+\.)/, "");
	if (!isIPv6(plain)) return plain;
	const [head = "", tail = ""] = plain.split("%")[0]?.split("::") ?? [];
	const front = head === "" ? [] : head.split(":");
	const back = tail === "" ? [] : tail.split(":");
	const middle = plain.includes("::") ? Array(Math.max(0, 8 - front.length - back.length)).fill("0") : [];
	return `${[...front, ...middle, ...back].slice(0, 4).join(":")}::/64`;
}

/** The limit of an address without a credential. The address is the socket's: a header can say anything. */
export function anonymousLimits(address: string): Limit[] {
	return [
		{
			name: "default",
			key: `address ${addressBlock(address)}`,
			tenantId: null,
			quota: ANONYMOUS_PER_MINUTE,
			windowSec: WINDOW_SEC,
		},
	];
}

/**
 * The limits of a visitor to a tenant's help centre: of the address there, and of the tenant for all its visitors
 * together. None of them is a limit of those who sign in.
 */
export function visitLimits(tenant: CallerTenant, address: string, kind: RequestKind): Limit[] {
	const quota = (whole: number) => Math.max(1, Math.floor(whole * SHARES[kind]));
	const key = (whose: string) => `help ${tenant.id} ${whose} ${kind}`;
	return [
		{
			name: `help-${kind}`,
			key: key(addressBlock(address)),
			tenantId: tenant.id,
			quota: quota(Math.min(ANONYMOUS_PER_MINUTE, tenant.settings.rateLimit.perMinute)),
			windowSec: WINDOW_SEC,
		},
		{
			name: `help-${kind}-tenant`,
			key: key("tenant"),
			tenantId: tenant.id,
			quota: quota(tenant.settings.rateLimit.perMinute),
			windowSec: WINDOW_SEC,
		},
	];
}

/** The limit of an address that asks for help centres that are not there. */
export function unknownVisitLimits(address: string): Limit[] {
	const key = `help unknown ${addressBlock(address)}`;
	return [{ name: "help-default", key, tenantId: null, quota: ANONYMOUS_PER_MINUTE, windowSec: WINDOW_SEC }];
}

/** The limits of a verified caller: of the credential, and of its tenant for all its credentials together. */
export function callerLimits(caller: Caller, kind: RequestKind): Limit[] {
	const { perMinute, perTokenPerMinute } = (caller.tenant?.settings ?? DEFAULT_SETTINGS).rateLimit;
	const quota = (whole: number) => Math.max(1, Math.floor(whole * SHARES[kind]));
	const tenant = caller.tenant?.id ?? "platform";
	const limits: Limit[] = [
		{
			name: kind,
			key: `token ${tenant} ${caller.credentialId ?? caller.id} ${kind}`,
			tenantId: caller.tenant?.id ?? null,
			quota: quota(perTokenPerMinute),
			windowSec: WINDOW_SEC,
		},
	];
	if (caller.tenant)
		limits.push({
			name: `${kind}-tenant`,
			key: `tenant ${tenant} ${kind}`,
			tenantId: tenant,
			quota: quota(perMinute),
			windowSec: WINDOW_SEC,
		});
	return limits;
}

/** The headers that tell a client its limits and where it stands with them. */
function limitHeaders({ standings }: Decision): Record<string, string> {
	const [first, ...others] = standings;
	if (!first) return {};
	const tightest = others.reduce((a, b) => (b.remaining < a.remaining ? b : a), first);
	return {
		"RateLimit-Policy": standings
			.map(({ limit }) => `"${limit.name}";q=${limit.quota};w=${limit.windowSec}`)
			.join(", "),
		RateLimit: standings
			.map(({ limit, remaining, resetSec }) => `"${limit.name}";r=${remaining};t=${resetSec}`)
			.join(", "),
		"X-RateLimit-Limit": String(tightest.limit.quota),
		"X-RateLimit-Remaining": String(tightest.remaining),
		"X-RateLimit-Reset": String(tightest.resetSec),
	};
}

/** Counts a request against its limits and tells the client where it stands. @throws 429 where one is used up */
export async function takeTokens(
	res: ServerResponse,
	limiter: Limiter,
	limits: readonly Limit[],
	now: Date,
): Promise<void> {
	const taken = limiter.take(limits, now.getTime());
	const decision = taken instanceof Promise ? await taken : taken;
	const headers = limitHeaders(decision);
	for (const name in headers) res.setHeader(name, headers[name] as string);
	if (!decision.allowed) throw rateLimited(decision);
}

/** 429 with the time to wait. */
function rateLimited(decision: Decision): Problem {
	return new Problem(429, "rate_limited", `There were too many requests. Try again in ${decision.retryAfterSec} s.`, {
		headers: { "Retry-After": String(decision.retryAfterSec) },
	});
}
