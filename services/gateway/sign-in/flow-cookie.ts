import { SIGN_IN_TTL_SEC } from "../../../contracts/sign-in.ts";

/** More sign-ins than a person has tabs waiting: what was left behind would make the header too long. */
const MAX_PENDING = 8;

const STATE = /^[A-Za-z0-9_-]{16,128}$/;

const prefix = (secure: boolean) => `${secure ? "__Host-" : ""}conductor_signin_`;
const flags = (secure: boolean) => `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;

/**
 * The name of the cookie that keeps one pending sign-in: each has a state, so several tabs may sign in at once. Null for
 * a text that is no state.
 */
export function flowCookieName(state: string | null, secure: boolean): string | null {
	return state !== null && STATE.test(state) ? prefix(secure) + state.slice(0, 16) : null;
}

/** A `Set-Cookie` line that keeps a sealed sign-in. */
export function keepFlow(name: string, sealed: string, secure: boolean): string {
	return `${name}=${sealed}; ${flags(secure)}; Max-Age=${SIGN_IN_TTL_SEC}`;
}

/** A `Set-Cookie` line that removes it. */
export function dropFlow(name: string, secure: boolean): string {
	return `${name}=; ${flags(secure)}; Max-Age=0`;
}

/** The names of the pending sign-ins in a `Cookie` header that have to go before another one may come. */
export function surplusFlows(header: string | undefined, secure: boolean): string[] {
	const names = (header ?? "").split(";").map((part) => part.split("=", 1)[0]?.trim() ?? "");
	const pending = names.filter((name) => name.startsWith(prefix(secure)));
	return pending.length < MAX_PENDING ? [] : pending.filter((name) => /^[A-Za-z0-9_-]+$/.test(name));
}
