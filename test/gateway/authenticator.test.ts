import { Errors } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import { Problem } from "../../lib/problem.ts";
import { Authenticator } from "../../services/gateway/authenticator.ts";
import type { Credential } from "../../services/gateway/credentials.ts";
import { staff, tenant } from "../support/callers.ts";
import { manualClock } from "../support/manual-clock.ts";

const credential = { kind: "token", value: "cnd_x", hash: "hash of it" } as unknown as Credential;
const owner = staff(tenant(), "owner");
const away = () => Promise.reject(new Errors.ServiceNotFoundError({ action: "identity.authenticate" } as never));
const revoked = () => Promise.reject(new Problem(401, "unauthenticated", "The token is not valid."));

/** An authenticator with an identity service that answers what a test says. */
function opened() {
	const clock = manualClock();
	const identity = { answer: (): Promise<Caller> => Promise.resolve(owner), asked: 0 };
	const authenticator = new Authenticator(() => {
		identity.asked++;
		return identity.answer();
	}, clock);
	return { clock, identity, authenticator, ask: () => authenticator.authenticate(credential) };
}

test("asks identity once a moment", async () => {
	const { clock, identity, ask } = opened();
	await Promise.all([ask(), ask()]);
	clock.advance(899);
	await ask();
	expect(identity.asked).toBe(1);
	clock.advance(2);
	await ask();
	expect(identity.asked).toBe(2);
});

describe("while identity is away", () => {
	test("whoever was verified lately goes on, for a short while", async () => {
		const { clock, identity, ask } = opened();
		await ask();
		identity.answer = away;
		clock.advance(29_000);
		expect(await ask()).toEqual(owner);
		clock.advance(1001);
		await expect(ask()).rejects.toThrow(Errors.ServiceNotFoundError);
	});

	test("nobody goes on longer by being asked often", async () => {
		const { clock, identity, ask } = opened();
		await ask();
		identity.answer = away;
		for (let second = 0; second < 30; second++) {
			expect(await ask()).toEqual(owner);
			clock.advance(1000);
		}
		clock.advance(1000);
		await expect(ask()).rejects.toThrow();
	});

	test("whoever was not verified before is not let in", async () => {
		const { identity, ask } = opened();
		identity.answer = away;
		await expect(ask()).rejects.toThrow(Errors.ServiceNotFoundError);
	});

	test("nobody goes on after a revocation was heard", async () => {
		const { clock, identity, authenticator, ask } = opened();
		await ask();
		identity.answer = away;
		clock.advance(1000);
		authenticator.forget();
		await expect(ask()).rejects.toThrow();
	});

	test("nor where the revocation is heard while identity is asked", async () => {
		const { clock, identity, authenticator, ask } = opened();
		await ask();
		clock.advance(1000);
		identity.answer = () => {
			authenticator.forget();
			return away();
		};
		await expect(ask()).rejects.toThrow();
		identity.answer = away;
		await expect(ask()).rejects.toThrow();
	});

	test("an answer that takes long is not waited for", async () => {
		const { clock, identity, ask } = opened();
		await ask();
		clock.advance(1000);
		identity.answer = () => new Promise(() => undefined);
		expect(await ask()).toEqual(owner);
	});
});

test("a refusal ends it for good, also when identity goes away then", async () => {
	const { clock, identity, ask } = opened();
	await ask();
	clock.advance(1000);
	identity.answer = revoked;
	await expect(ask()).rejects.toMatchObject({ code: 401 });
	identity.answer = away;
	await expect(ask()).rejects.toThrow(Errors.ServiceNotFoundError);
});
