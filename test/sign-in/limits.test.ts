import { readCookie } from "../../services/gateway/session-cookie.ts";
import { dropFlow, flowCookieName, keepFlow, surplusFlows } from "../../services/gateway/sign-in/flow-cookie.ts";
import { type Flow, openFlow, sealFlow } from "../../services/identity/oidc-flow.ts";
import {
	ABSOLUTE_SEC,
	absoluteLimit,
	IDLE_SEC,
	isLive,
	needsTouch,
	secondsLeft,
	TOUCH_SEC,
} from "../../services/identity/sessions-limits.ts";
import { manualClock } from "../support/manual-clock.ts";

const START = new Date("2025-01-15T09:00:00.000Z");
const later = (ms: number) => new Date(START.getTime() + ms);

describe("how long a session is good", () => {
	const session = { lastSeenAt: START, expiresAt: absoluteLimit(START) };

	test.each([
		["at once", 0, true],
		["1 ms before the idle limit", IDLE_SEC * 1000 - 1, true],
		["at the idle limit", IDLE_SEC * 1000, false],
	])("%s", (_name, ms, live) => {
		expect(isLive(session, later(ms))).toBe(live);
	});

	test.each([
		["1 ms before the absolute limit", ABSOLUTE_SEC * 1000 - 1, true],
		["at the absolute limit, though just used", ABSOLUTE_SEC * 1000, false],
	])("%s", (_name, ms, live) => {
		expect(isLive({ ...session, lastSeenAt: later(ms - 1) }, later(ms))).toBe(live);
	});

	test("its use is noted every few minutes", () => {
		expect(needsTouch(session, later(TOUCH_SEC * 1000 - 1))).toBe(false);
		expect(needsTouch(session, later(TOUCH_SEC * 1000))).toBe(true);
	});

	test("the cookie lives as long as the record may", () => {
		expect(secondsLeft(session, START)).toBe(ABSOLUTE_SEC);
		expect(secondsLeft(session, later(1500))).toBe(ABSOLUTE_SEC - 2);
		expect(secondsLeft(session, later(ABSOLUTE_SEC * 2000))).toBe(0);
	});
});

describe("a sealed sign-in", () => {
	const flow: Flow = {
		issuer: "https://id.example",
		state: "s".repeat(43),
		nonce: "n".repeat(43),
		verifier: "v".repeat(43),
		redirectUri: "https://desk.example/api/callback",
		returnTo: "/inbox?view=mine",
	};
	const key = new Uint8Array(32).fill(7);

	test("comes back as it was within its time, and hides its secrets", async () => {
		const clock = manualClock();
		const sealed = await sealFlow(flow, key, clock, 600);
		clock.advance(599_000);
		expect(await openFlow(sealed, key, clock)).toEqual(flow);
		expect(Buffer.from(sealed, "base64url").toString("latin1")).not.toContain(flow.verifier);
		expect(sealed).toMatch(/^[A-Za-z0-9_.-]+$/);
	});

	test("is refused when too old, altered, of another key or no seal at all", async () => {
		const clock = manualClock();
		const sealed = await sealFlow(flow, key, clock, 600);
		const altered = `${sealed.slice(0, -2)}${sealed.endsWith("AA") ? "BB" : "AA"}`;
		const expired = { type: "sign_in_expired", code: 400 };
		await expect(openFlow(altered, key, clock)).rejects.toMatchObject(expired);
		await expect(openFlow(sealed, new Uint8Array(32).fill(8), clock)).rejects.toMatchObject(expired);
		await expect(openFlow("x.y.z", key, clock)).rejects.toMatchObject(expired);
		clock.advance(601_000);
		await expect(openFlow(sealed, key, clock)).rejects.toMatchObject(expired);
	});
});

describe("the cookies of pending sign-ins", () => {
	const state = "abcdefghijklmnopqrstuvwxyz";

	test("each state has a cookie of its own, out of reach of scripts and other hosts", () => {
		expect(flowCookieName(state, true)).toBe("__Host-conductor_signin_abcdefghijklmnop");
		expect(flowCookieName(state, false)).toBe("conductor_signin_abcdefghijklmnop");
		expect(keepFlow("n", "sealed", true)).toBe("n=sealed; Path=/; HttpOnly; SameSite=Lax; Secure; Max-Age=600");
		expect(dropFlow("n", false)).toBe("n=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0");
	});

	test.each([null, "", "short", `${state}; Path=/`, `${state}=`, "ä".repeat(20)])("%j names none", (text) => {
		expect(flowCookieName(text, true)).toBeNull();
	});

	test("what was left behind goes before the header grows too long", () => {
		const names = Array.from({ length: 8 }, (_, index) => `conductor_signin_${String(index).repeat(16)}`);
		const header = (some: string[]) => ["theme=dark", ...some.map((name) => `${name}=x`)].join("; ");
		expect(surplusFlows(header(names.slice(1)), false)).toEqual([]);
		expect(surplusFlows(header(names), false)).toEqual(names);
		expect(surplusFlows(header(names), true)).toEqual([]);
		expect(readCookie(header(names), names[3] as string)).toBe("x");
	});
});
