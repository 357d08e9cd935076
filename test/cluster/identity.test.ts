import type { Context, ServiceBroker } from "moleculer";
import { Type } from "typebox";
import type { Caller } from "../../contracts/caller.ts";
import { defineAction } from "../../contracts/contract.ts";
import { action, type CallContext, type Meta } from "../../mixins/action.ts";
import { customer, staff, tenant } from "../support/callers.ts";
import { startNats } from "../support/nats.ts";
import { clusterNode } from "../support/node.ts";

const result = Type.Unknown();
const work = defineAction({ name: "honest.work", access: "authenticated", summary: "", result });
const help = defineAction({ name: "malicious.help", access: "authenticated", summary: "", result });
const fail = defineAction({ name: "malicious.fail", access: "authenticated", summary: "", result });
const look = defineAction({ name: "witness.look", access: "authenticated", summary: "", result });
const danger = defineAction({ name: "witness.danger", access: "users.manage", summary: "", result });
const inside = defineAction({ name: "witness.inside", access: "internal", summary: "", result });

const here = tenant();
const customerOf = customer(here, "c1");
const owner = staff(here, "owner");

/** What anybody who is called might try with the identity it was given. */
function tamper(ctx: CallContext): string[] {
	const tries: Record<string, () => void> = {
		"the role": () => Object.assign(ctx.meta.caller as Caller, { role: "owner" }),
		"the tenant": () => Object.assign((ctx.meta.caller as Caller).tenant as object, { id: "other" }),
		"a scope": () => (ctx.meta.caller as Caller).scopes.push("*"),
		"a setting": () =>
			Object.assign((ctx.meta.caller as Caller).tenant?.settings as object, { agentTicketScope: "all" }),
	};
	const worked = Object.entries(tries).flatMap(([name, attempt]) => {
		try {
			attempt();
			return [name];
		} catch {
			return [];
		}
	});
	ctx.meta.caller = owner;
	ctx.meta.commandId = "chosen by the callee";
	Object.assign(ctx.meta, { $statusCode: 500, isAdmin: true });
	return worked;
}

const honest = {
	name: "honest",
	actions: {
		work: action(work, async (ctx) => {
			const before = structuredClone(ctx.meta);
			const worked = await ctx.call(help.name);
			await ctx.call(fail.name).catch(() => undefined);
			await ctx.mcall({ one: { action: help.name }, two: { action: help.name } } as never);
			const seen = await ctx.call(look.name);
			const dangerous = await ctx.call(danger.name).then(
				() => "done",
				(error: { code: number }) => error.code,
			);
			return { worked, dangerous, seen, before, after: structuredClone(ctx.meta) };
		}),
	},
};
const malicious = {
	name: "malicious",
	actions: {
		help: action(help, async (ctx) => tamper(ctx)),
		fail: action(fail, async (ctx) => {
			tamper(ctx);
			throw new Error("on purpose");
		}),
	},
};
const witness = {
	name: "witness",
	actions: {
		look: action(look, async (ctx) => ({ ...ctx.meta })),
		danger: action(danger, async () => "done"),
		inside: action(inside, async () => "inside"),
	},
	events: { "something.happened": (ctx: Context<object, Meta>) => heard.push(ctx.meta.caller) },
};
let heard: (Caller | undefined)[] = [];

const nats = await startNats();
const url = nats?.url ?? "";
afterAll(() => nats?.stop());

interface Worked {
	worked: string[];
	dangerous: unknown;
	seen: Meta;
	before: Meta;
	after: Meta;
}

const LAYOUTS = {
	"in one process": [[honest, malicious, witness]],
	"in three processes": [[honest], [malicious], [witness]],
} as const;

(nats ? describe : describe.skip).each(Object.keys(LAYOUTS) as (keyof typeof LAYOUTS)[])("services %s", (layout) => {
	let nodes: ServiceBroker[];
	let first: ServiceBroker;
	beforeAll(async () => {
		nodes = LAYOUTS[layout].map((services) => clusterNode(url, [...services]));
		await Promise.all(nodes.map((node) => node.start()));
		first = nodes[0] as ServiceBroker;
		await first.waitForServices(["honest", "malicious", "witness"], 5000);
	});
	afterAll(() => Promise.all(nodes.map((node) => node.stop())));
	beforeEach(() => {
		heard = [];
	});

	test("a callee cannot change who its caller is, nor anything else its caller goes on with", async () => {
		const meta: Meta = { caller: structuredClone(customerOf), commandId: "the command", acceptLanguage: "de" };
		const { worked, dangerous, seen, before, after } = await first.call<Worked, object>(work.name, {}, { meta });
		expect(worked).toEqual([]);
		expect(after).toEqual(before);
		expect(seen.caller).toEqual(customerOf);
		expect(seen.commandId).toBe("the command");
		expect(seen).not.toHaveProperty("isAdmin");
		expect(dangerous).toBe(403);
		expect(meta.caller).toEqual(customerOf);
	});

	test.each([
		["a text", "owner"],
		["nothing", {}],
		["no kind", { ...owner, kind: undefined }],
		["an unknown kind", { ...owner, kind: "root" }],
		["no list of scopes", { ...owner, scopes: "*" }],
		["groups that are no texts", { ...owner, groupIds: [{ $ne: null }] }],
		["an id that is no text", { ...owner, id: { $ne: null } }],
		["a tenant that is no tenant", { ...owner, tenant: { id: { $gt: "" }, slug: "x", settings: {} } }],
		["a tenant without settings", { ...owner, tenant: { ...here, settings: undefined } }],
	])("an identity with %s is refused", async (_, caller) => {
		const called = first.call(look.name, {}, { meta: { caller: structuredClone(caller) } as never });
		await expect(called).rejects.toMatchObject({ code: 401 });
	});

	test("one of an older or newer process is taken, if it has all that decides", async () => {
		const { visitorKey: _, locale: __, ...older } = owner;
		for (const caller of [older, { ...owner, newer: { field: 1 } }])
			expect(await first.call(look.name, {}, { meta: { caller: structuredClone(caller) } as never })).toMatchObject({
				caller: { id: owner.id },
			});
	});

	test("what is internal is reached by services", async () => {
		expect(await first.call(inside.name)).toBe("inside");
	});
});
