import { ServiceBroker } from "moleculer";
import { Type } from "typebox";
import { loadConfig } from "../../config.ts";
import type { Caller } from "../../contracts/caller.ts";
import { defineAction } from "../../contracts/contract.ts";
import { action } from "../../mixins/action.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { customer, service, staff, tenant } from "../support/callers.ts";

const answer = Type.Object({ ok: Type.Boolean() });
const ACTIONS = {
	open: defineAction({ name: "doors.open", access: "public", summary: "", result: answer }),
	any: defineAction({ name: "doors.any", access: "authenticated", summary: "", result: answer }),
	admin: defineAction({ name: "doors.admin", access: "users.manage", summary: "", result: answer }),
	platform: defineAction({ name: "doors.platform", access: "platform", summary: "", result: answer }),
};
const broker = new ServiceBroker({
	...brokerOptions(loadConfig({ LOG_LEVEL: "silent" })),
	cacher: { type: "Memory" },
});
let runs = 0;
broker.createService({
	name: "doors",
	actions: Object.fromEntries(
		Object.entries(ACTIONS).map(([name, contract]) => [
			name,
			{ ...action(contract, async () => ({ ok: ++runs > 0 })), cache: true },
		]),
	),
});
beforeAll(() => broker.start());
afterAll(() => broker.stop());

const here = tenant();
const platform: Caller = { ...staff(here, "owner"), kind: "platform", role: null, tenant: null };
const CALLERS: Record<string, Caller | undefined> = {
	nobody: undefined,
	owner: staff(here, "owner"),
	agent: staff(here, "agent"),
	customer: customer(here, "c"),
	"service with the scope": service(here, ["users.*"]),
	"service without it": service(here, ["tickets.read"]),
	platform,
};
const EXPECTED: Record<keyof typeof ACTIONS, Record<string, number>> = {
	open: {},
	any: { nobody: 401, platform: 403 },
	admin: { nobody: 401, agent: 403, customer: 403, "service without it": 403, platform: 403 },
	platform: {
		nobody: 401,
		owner: 403,
		agent: 403,
		customer: 403,
		"service with the scope": 403,
		"service without it": 403,
	},
};

describe.each(Object.keys(ACTIONS) as (keyof typeof ACTIONS)[])("access to %s", (name) => {
	test.each(Object.keys(CALLERS))("by %s, also when the answer is in the cache", async (who) => {
		const caller = CALLERS[who];
		const ask = () =>
			broker
				.call(ACTIONS[name].name, {}, { meta: caller ? { caller } : {} })
				.then(() => 200)
				.catch((error: { code: number }) => error.code);
		const expected = EXPECTED[name][who] ?? 200;
		expect([await ask(), await ask()]).toEqual([expected, expected]);
	});
});

test("the cache was really asked", async () => {
	const before = runs;
	await broker.call("doors.any", {}, { meta: { caller: CALLERS.owner } });
	expect(runs).toBe(before);
});

test("an action without a contract does not start", async () => {
	const other = new ServiceBroker(brokerOptions(loadConfig({ LOG_LEVEL: "silent" })));
	expect(() => other.createService({ name: "loose", actions: { get: () => 1 } })).toThrow("has no contract");
});
