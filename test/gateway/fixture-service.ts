import type { ActionSchema, ServiceSchema } from "moleculer";
import { Type } from "typebox";
import type { Caller } from "../../contracts/caller.ts";
import { type ActionContract, defineAction, strict } from "../../contracts/contract.ts";
import { CustomFields, Id, Nullable } from "../../contracts/fields.ts";
import { authenticate } from "../../contracts/identity-internal.ts";
import { defineList } from "../../contracts/list-contract.ts";
import { notFound, Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { customer, service, staff, tenant } from "../support/callers.ts";

/* A small service with one of everything that the gateway has to handle. */

const Thing = Type.Object({
	id: Id,
	name: Type.String(),
	secret: Type.Optional(Type.String()),
	version: Type.Integer(),
});
const ById = Type.Object({ id: Id });

const createThing = defineAction({
	name: "things.create",
	access: "customers.write",
	rest: "POST /things",
	summary: "Create a thing",
	body: strict({
		name: Type.String({ minLength: 1, maxLength: 100 }),
		emails: Type.Optional(Type.Array(strict({ value: Type.String({ pattern: "@" }) }))),
		customFields: Type.Optional(CustomFields),
		mode: Type.Optional(Type.String()),
	}),
	result: Thing,
	status: 201,
	headers: (thing) => ({ Location: `/api/things/${thing.id}` }),
});

const getThing = defineAction({
	name: "things.get",
	access: "customers.read",
	rest: "GET /things/:id",
	summary: "Read a thing",
	path: ById,
	query: strict({ include: Type.Optional(Type.Array(Type.Enum(["maker"]))) }),
	result: Thing,
});

const updateThing = defineAction({
	name: "things.update",
	access: "customers.write",
	rest: ["PUT /things/:id", "PATCH /things/:id"],
	summary: "Change a thing",
	path: ById,
	body: strict({ name: Type.Optional(Nullable(Type.String({ maxLength: 100 }))) }),
	result: Thing,
	ifMatch: true,
});

const removeThing = defineAction({
	name: "things.remove",
	access: "customers.delete",
	rest: "DELETE /things/:id",
	summary: "Remove a thing",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

const listThings = defineList({
	name: "things.list",
	access: "customers.read",
	rest: "GET /things",
	summary: "List things",
	list: {
		filters: {
			status: { type: "string", values: ["open", "pending", "closed"] },
			assigneeId: { type: "id", nullable: true, me: true },
			tag: { type: "string", array: true },
			createdAt: { type: "instant" },
			size: { type: "number" },
			hot: { type: "boolean" },
			customFields: { type: "string", map: true },
			email: { type: "string", operators: ["contains"] },
		},
		sorts: ["createdAt", "priority,createdAt"],
		defaultSort: "-createdAt",
		includes: ["maker"],
	},
	item: Type.Object({ id: Id, name: Type.String(), query: Type.Unknown() }),
});

const searchThings = defineAction({
	name: "things.search",
	access: "customers.read",
	rest: "GET /things/search",
	summary: "Search things",
	query: strict({
		q: Type.String({ minLength: 1, maxLength: 50 }),
		depth: Type.Optional(Type.Integer({ minimum: 1, maximum: 5 })),
		exact: Type.Optional(Type.Boolean()),
		kinds: Type.Optional(Type.Array(Type.String())),
	}),
	result: Type.Object({ asked: Type.Unknown() }),
});

const publicThings = defineAction({
	name: "things.open",
	access: "public",
	rest: ["GET /things/open", "POST /things/open"],
	summary: "What anybody may see",
	result: Type.Object({ caller: Type.Unknown(), meta: Type.Unknown() }),
});

const whoAmI = defineAction({
	name: "things.whoAmI",
	access: "authenticated",
	rest: "GET /me",
	summary: "Who is asking",
	result: Type.Object({ id: Type.String(), meta: Type.Unknown() }),
});

const nested = defineAction({
	name: "things.nested",
	access: "authenticated",
	rest: "GET /things/nested",
	summary: "Calls another action, which would like to decide the answer",
	result: Type.Object({ ok: Type.Boolean() }),
});

const misbehave = defineAction({
	name: "things.misbehave",
	access: "authenticated",
	rest: ["POST /things/misbehave", "GET /things/misbehave"],
	summary: "Fails in the ways that actions fail",
	query: strict({ how: Type.Optional(Type.String()), ms: Type.Optional(Type.Integer()) }),
	result: Type.Unknown(),
});

const platformOnly = defineAction({
	name: "things.provision",
	access: "platform",
	rest: "POST /provisions",
	summary: "For the platform",
	result: Type.Object({ done: Type.Boolean() }),
});

const absent = defineAction({
	name: "ghosts.get",
	access: "customers.read",
	rest: "GET /ghosts/:id",
	summary: "Belongs to a service that is not there",
	path: ById,
	result: Thing,
});

const internalThing = defineAction({
	name: "things.internal",
	access: "internal",
	summary: "Not for the world",
	result: Type.Object({ hidden: Type.Boolean() }),
});

export const fixtureContracts = [
	createThing,
	getThing,
	updateThing,
	removeThing,
	listThings,
	searchThings,
	publicThings,
	whoAmI,
	nested,
	misbehave,
	platformOnly,
	absent,
] as unknown as readonly ActionContract[];

export const home = tenant();
export const strictTenant = tenant({ requireIfMatch: true });
export const smallTenant = tenant({ rateLimit: { perMinute: 10, perTokenPerMinute: 4 } });

const platform: Caller = {
	...service(home, ["platform:*"]),
	kind: "platform",
	id: "platform",
	tenant: null,
	credentialId: "platform",
};

/** The credentials that the fixture knows. */
export const CALLERS: Record<string, Caller> = {
	"owner-token": staff(home, "owner"),
	"second-token": staff(home, "owner"),
	"viewer-token": staff(home, "viewer"),
	"customer-token": customer(home, "customer-1"),
	"strict-token": staff(strictTenant, "owner"),
	"small-token": staff(smallTenant, "owner"),
	"small-token-2": staff(smallTenant, "owner"),
	"small-token-3": staff(smallTenant, "owner"),
	"platform-token": platform,
};

/** What the fixture notes of the calls it gets. */
export interface FixtureState {
	things: Map<string, { id: string; name: string; version: number }>;
	created: number;
	commandIds: (string | undefined)[];
	authentications: number;
	revoked: Set<string>;
	lastParams: unknown;
	/** resolves the slow calls that wait */
	release: (() => void)[];
}

export function fixtureState(): FixtureState {
	return {
		things: new Map([["t1", { id: "t1", name: "First", version: 3 }]]),
		created: 0,
		commandIds: [],
		authentications: 0,
		revoked: new Set(),
		lastParams: null,
		release: [],
	};
}

function failure(how: string | undefined): unknown {
	if (how === "database") return new Error("E11000 dup key: secret@corp.example at mongodb://user:pw@db");
	if (how === "problem")
		return new Problem(409, "duplicate", "It exists.", { extra: { existingId: "t1" }, headers: { "X-Why": "twice" } });
	if (how === "coded")
		return Object.assign(new Error("secret text"), { code: 404, type: "INNER", data: { secret: 1 } });
	if (how === "thrown") return "a plain string";
	return new TypeError("cannot read secret of undefined");
}

/** Odd results that must come out as plain JSON. */
const ODD: Record<string, unknown> = {
	null: null,
	buffer: { type: "Buffer", data: [1, 2, 3] },
	hugeBuffer: { type: "Buffer", length: 200_000_000 },
	string: "text",
	number: 7,
	array: [1, 2],
};

export function identityFixture(state: FixtureState, others: Record<string, ActionSchema> = {}): ServiceSchema {
	return {
		name: "identity",
		actions: {
			...others,
			authenticate: action(authenticate, async (ctx) => {
				state.authentications++;
				const { bearer, session, impersonateTenant } = ctx.params;
				const caller = CALLERS[bearer ?? session ?? ""];
				if (!caller || state.revoked.has(bearer ?? session ?? ""))
					throw new Problem(401, "unauthenticated", "The credential is not valid.");
				if (impersonateTenant && caller.kind === "platform")
					return { ...service(home, ["*"]), onBehalfOf: "platform", id: impersonateTenant };
				return structuredClone(caller);
			}),
		},
	};
}

export function thingsFixture(state: FixtureState): ServiceSchema {
	const find = (id: string) => {
		const thing = state.things.get(id);
		if (!thing) throw notFound("thing");
		return thing;
	};
	return {
		name: "things",
		actions: {
			create: action(createThing, async (ctx) => {
				state.commandIds.push(ctx.meta.commandId);
				state.lastParams = ctx.params;
				if (ctx.params.mode === "fail") throw new Error("broken");
				if (ctx.params.mode === "wait") await new Promise<void>((resolve) => state.release.push(resolve));
				state.created++;
				const thing = { id: `n${state.created}`, name: ctx.params.name, version: 1 };
				state.things.set(thing.id, thing);
				return ctx.params.mode === "large" ? { ...thing, secret: "x".repeat(400_000) } : thing;
			}),
			get: action(getThing, async (ctx) => find(ctx.params.id)),
			update: action(updateThing, async (ctx) => {
				const thing = find(ctx.params.id);
				checkVersion(thing as never, ctx.params.ifVersion);
				const next = { ...thing, name: ctx.params.name ?? thing.name, version: thing.version + 1 };
				state.things.set(next.id, next);
				return next;
			}),
			remove: action(removeThing, async (ctx) => {
				checkVersion(find(ctx.params.id) as never, ctx.params.ifVersion);
				state.things.delete(ctx.params.id);
				return null;
			}),
			list: action(listThings, async (ctx) => ({
				data: [{ id: "t1", name: "First", query: ctx.params }],
				page: { nextCursor: "next+cursor", prevCursor: null, hasMore: true, limit: ctx.params.limit ?? 25 },
			})),
			search: action(searchThings, async (ctx) => ({ asked: ctx.params })),
			open: action(publicThings, async (ctx) => ({ caller: ctx.meta.caller?.id ?? null, meta: ctx.meta })),
			whoAmI: action(whoAmI, async (ctx) => ({ id: ctx.meta.caller?.id ?? "", meta: ctx.meta })),
			internal: action(internalThing, async (ctx) => {
				Object.assign(ctx.meta, { $statusCode: 418, $responseHeaders: { "X-Evil": "yes" }, $location: "/evil" });
				return { hidden: true };
			}),
			nested: action(nested, async (ctx) => {
				await ctx.call("things.internal");
				return { ok: true };
			}),
			misbehave: action(misbehave, async (ctx) => {
				const { how, ms } = ctx.params;
				if (how === "wait") await new Promise<void>((resolve) => state.release.push(resolve));
				if (how === "sleep") await new Promise((resolve) => setTimeout(resolve, ms));
				if (how === "tamper") {
					const { caller } = ctx.meta;
					(ctx.meta as Record<string, unknown>).commandId = "stolen";
					if (caller) caller.role = "owner";
				}
				if (how === "wait" || how === "sleep") return { waited: true };
				if (how !== undefined && how in ODD) return ODD[how];
				throw failure(how);
			}),
			provision: action(platformOnly, async () => ({ done: true })),
		},
	};
}
