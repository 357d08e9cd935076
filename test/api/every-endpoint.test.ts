import { may } from "../../contracts/caller.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import { type Permission, STAFF_ROLES } from "../../contracts/permissions.ts";
import { contracts } from "../../contracts/registry.ts";
import { newId } from "../../lib/ids.ts";
import { createAjv } from "../../mixins/contract-validator.ts";
import { bodyFor, type Call, callsOf, fill, isSearchText, queryFor } from "../support/calls.ts";
import {
	type Answer,
	type Client,
	type Desk,
	type DeskTenant,
	type RequestOptions,
	startDesk,
} from "../support/desk.ts";
import { type Fixtures, makeFixtures, makeValuesFor, valuesFor } from "../support/fixtures.ts";
import { manualClock } from "../support/manual-clock.ts";

/*
 * Generated from the contracts: every route that any service offers is asked everything that a careless or hostile
 * client asks, so that a new route is covered the day it is written.
 */

interface ProblemBody {
	type: string;
	title: string;
	status: number;
	detail: string;
	instance: string;
	traceId: string;
	errors?: { pointer: string; code: string }[];
}

const CALLS = callsOf(contracts);
const WRITES = new Set(["POST", "PUT", "PATCH", "DELETE"]);
const isPublic = ({ contract }: Call) => contract.access === "public";
const isPlatform = ({ contract }: Call) => contract.access === "platform";
const named = (calls: Call[]) => calls.map((call) => [`${call.method} ${call.template}`, call] as const);
const withBody = CALLS.filter((call) => call.contract.body !== undefined);
const withPath = CALLS.filter((call) => call.template.includes(":") && !isSearchText(call));

/** What a test of one call moves on by, so that an address that shows no valid credential may send so many requests again. */
const A_WHILE = 1_000;

const ajv = createAjv();
const clock = manualClock();
let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
let fixtures: Fixtures;

beforeAll(async () => {
	desk = await startDesk({ clock, eventRetryDelays: [] });
	// More requests in a minute than a token may send.
	const settings = { rateLimit: { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 } };
	[home, foreign] = await Promise.all([desk.tenant(settings), desk.tenant(settings)]);
	fixtures = await makeFixtures(home);
}, 60_000);
afterAll(() => desk?.stop());

function routeOf(call: Call, values = valuesFor(call.template, fixtures)): string {
	if (values === null)
		throw new Error(`no fixture for ${call.template}: say in test/support/fixtures.ts how to make one`);
	return fill(call.template, values);
}

/** Who may ask most of a call. */
const master = (call: Call): Client =>
	isPlatform(call) ? desk.platform : isPublic(call) ? desk.anonymous : home.as.owner;

function ask(
	client: Client,
	call: Call,
	options: RequestOptions & { route?: string; query?: string } = {},
): Promise<Answer<never>> {
	const body =
		options.raw === undefined && options.body === undefined ? bodyFor(call.contract, fixtures) : options.body;
	const query = [queryFor(call), (options.query ?? "").slice(1)].filter((part) => part !== "").join("&");
	return client(call.method, (options.route ?? routeOf(call)) + (query === "" ? "" : `?${query}`), {
		...options,
		...(body === undefined ? {} : { body }),
	});
}

function expectProblem(answer: Answer<never>, status: number | number[], code?: string | string[]): ProblemBody {
	const body = answer.body as unknown as ProblemBody;
	const seen = `${answer.status} ${JSON.stringify(body)}`;
	if (![status].flat().includes(answer.status)) throw new Error(`expected ${status}, got ${seen}`);
	expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
	const word = body.type.replace("/problems/", "");
	if (code !== undefined && ![code].flat().includes(word)) throw new Error(`expected ${code}, got ${seen}`);
	expect(body).toMatchObject({
		status: answer.status,
		title: expect.any(String),
		detail: expect.any(String),
		traceId: expect.any(String),
	});
	expect(JSON.stringify(body)).not.toMatch(/node_modules|\.ts:\d|SQLITE|MongoServer|at async/);
	return body;
}

test("there are routes, and every action of a contract has one or is internal", () => {
	expect(CALLS.length).toBeGreaterThan(50);
	for (const contract of contracts) expect(contract.rest.length > 0).toBe(contract.access !== "internal");
});

describe.each(named(CALLS.filter((call) => !isPublic(call))))("%s", (_name, call) => {
	test("needs a credential, and a good one", async () => {
		clock.advance(A_WHILE);
		const anonymous = await ask(desk.anonymous, call);
		expectProblem(anonymous, 401, "unauthenticated");
		expect(anonymous.headers.get("www-authenticate")).toMatch(/^Bearer/);
		for (const token of ["nonsense", `cnd_${newId()}_${"x".repeat(43)}`, "a.b.c"])
			expectProblem(await ask(desk.client(token), call), 401, "unauthenticated");
	});

	test("answers every role within its contract", async () => {
		// What may be deleted on the way is not what the other tests look at.
		const values = call.method === "DELETE" ? await makeValuesFor(call.template, home) : undefined;
		const route = routeOf(call, values);
		for (const role of STAFF_ROLES) {
			const answer = await ask(home.as[role], call, { route });
			const { access } = call.contract;
			const allowed =
				access === "authenticated" ||
				(access !== "platform" && may({ kind: "user", role, scopes: [] } as never, access as Permission));
			if (!allowed) expectProblem(answer, [403, 404], ["forbidden", "not_found"]);
			else if (answer.status >= 400) expectProblem(answer, [403, 404, 409, 422]);
		}
	});

	test("shows the platform's credential no tenant's data", async () => {
		if (!isPlatform(call) && !call.contract.alsoPlatform)
			expectProblem(await ask(desk.platform, call), 403, "forbidden");
	});
});

describe.each(named(withPath.filter((call) => !isPlatform(call) && !isPublic(call))))(
	"%s of another tenant",
	(_name, call) => {
		test("is the same 404 as one that never was", async () => {
			const values = valuesFor(call.template, fixtures) ?? {};
			const never = Object.fromEntries(Object.keys(values).map((key) => [key, newId()]));
			const others = expectProblem(await ask(foreign.as.owner, call), 404, "not_found");
			const nobodys = expectProblem(
				await ask(foreign.as.owner, call, { route: routeOf(call, never) }),
				404,
				"not_found",
			);
			const bare = (body: ProblemBody) => ({ ...body, instance: "", traceId: "" });
			expect(bare(others)).toEqual(bare(nobodys));
			for (const odd of ["x", "%00", "..%2f", "a".repeat(300), "__proto__"]) {
				const route = fill(call.template, Object.fromEntries(Object.keys(values).map((key) => [key, odd])));
				expectProblem(await ask(home.as.owner, call, { route }), [400, 404]);
			}
		});
	},
);

describe.each(named(withBody))("the body of %s", (_name, call) => {
	const client = () => master(call);

	test("must be JSON of the right size, form and type", async () => {
		expectProblem(await ask(client(), call, { raw: "{" }), 400, "invalid_request");
		expectProblem(await ask(client(), call, { raw: "[]" }), [400, 422]);
		expectProblem(await ask(client(), call, { raw: '"text"' }), [400, 422]);
		expectProblem(await ask(client(), call, { raw: new Uint8Array([0x7b, 0xff, 0xfe, 0x7d]) }), 400);
		expectProblem(await ask(client(), call, { raw: JSON.stringify({ x: "y".repeat(1_100_000) }) }), 413);
		expectProblem(
			await ask(client(), call, { raw: "a=b", headers: { "content-type": "application/x-www-form-urlencoded" } }),
			415,
		);
	});

	test("has no unknown field, no prototype and no operators", async () => {
		const body = bodyFor(call.contract, fixtures) ?? {};
		const unknown = expectProblem(
			await ask(client(), call, { body: { ...body, nobodyKnowsThis: 1 } }),
			422,
			"unknown_field",
		);
		expect(unknown.errors?.map((error) => error.pointer)).toContain("/nobodyKnowsThis");
		for (const key of ["__proto__", "constructor", "prototype"]) {
			const raw = `{"${key}":{"role":"owner"},${JSON.stringify(body).slice(1)}`.replace(",}", "}");
			expectProblem(await ask(client(), call, { raw }), 422);
		}
		for (const field of Object.keys(call.contract.body?.properties ?? {})) {
			if (field === "customFields" || field === "settings") continue;
			const answer = await ask(client(), call, { body: { ...body, [field]: { $ne: 1 } } });
			expectProblem(answer, 422, ["unknown_field", "validation_failed"]);
		}
	});

	test("may be missing only where nothing in it is required", async () => {
		if (call.contract.bodyRequired) expectProblem(await ask(client(), call, { raw: "" }), [400, 422]);
	});
});

describe.each(named(CALLS))("the query of %s", (_name, call) => {
	test("has no unknown parameter and no operators that were not offered", async () => {
		for (const query of [
			"?nobodyKnowsThis=1",
			"?__proto__=1",
			"?$where=1",
			"?id[$ne]=1",
			"?tenantId=x",
			"?status[$ne]=1",
		]) {
			const answer = await ask(master(call), call, { query });
			expectProblem(answer, [400], ["unknown_parameter", "invalid_request"]);
		}
	});
});

describe.each(named(CALLS.filter(({ contract }) => contract.list !== undefined)))("the list %s", (_name, call) => {
	test("refuses what no list takes and pages within limits", async () => {
		const refused = async (query: string, code: string | string[]) =>
			expectProblem(await ask(master(call), call, { query }), 400, code);
		const bad = ["invalid_request", "unknown_parameter"];
		for (const query of ["?limit=0", "?limit=101", "?limit=x", "?sort=nobodyKnowsThis", "?count=perhaps", "?page=0"])
			await refused(query, bad);
		await refused("?cursor=garbage", "invalid_cursor");
		const { cursorOnly = false } = call.contract.list ?? {};
		await refused("?page=200&limit=100", cursorOnly ? "unknown_parameter" : "offset_too_deep");
		await refused("?fields=nobodyKnowsThis", bad);
		await refused("?include=nobodyKnowsThis", bad);
		const { status, body } = (await ask(master(call), call, { query: "?limit=1&count=true" })) as unknown as Answer<{
			data: unknown[];
			page: { limit: number; total: unknown };
		}>;
		expect(status).toBe(200);
		expect(body.data.length).toBeLessThanOrEqual(1);
		expect(body.page).toMatchObject({ limit: 1, total: expect.anything() });
	});

	test("can be sorted every way it offers", async () => {
		for (const sort of call.contract.list?.sorts ?? [])
			for (const expression of [sort, `-${sort}`, sort.replaceAll(",", ",-"), `-${sort.replaceAll(",", ",-")}`]) {
				const { status, body } = await ask(master(call), call, { query: `?limit=2&sort=${expression}` });
				if (status !== 200) throw new Error(`${expression} answered ${status}: ${JSON.stringify(body)}`);
			}
	});
});

describe.each(named(CALLS.filter(({ contract }) => contract.ifMatch)))("%s with a stale If-Match", (_name, call) => {
	test("is refused and changes nothing", async () => {
		const answer = await ask(master(call), call, { headers: { "if-match": '"v99999"' } });
		expectProblem(answer, 412, "precondition_failed");
		expectProblem(await ask(master(call), call, { headers: { "if-match": "nonsense" } }), 400);
	});
});

describe.each(named(CALLS.filter(({ method }) => method === "POST" || method === "PATCH")))(
	"%s with an Idempotency-Key",
	(_name, call) => {
		test("takes effect once", async () => {
			const headers = { "idempotency-key": newId() };
			const body = bodyFor(call.contract, fixtures);
			const first = await ask(master(call), call, { body, headers });
			const second = await ask(master(call), call, { body, headers });
			expect([second.status, second.body]).toEqual([first.status, first.body]);
			expect(second.headers.get("idempotency-replayed")).toBe("true");
			if (body !== undefined) {
				const other = await ask(master(call), call, { body: { ...body, nobodyKnowsThis: 2 }, headers });
				expectProblem(other, 422, "idempotency_key_reused");
			}
			expectProblem(await ask(master(call), call, { body, headers: { "idempotency-key": "k".repeat(256) } }), 400);
		});
	},
);

describe("routes", () => {
	const templates = [...new Set(CALLS.map((call) => call.template))];
	test.each(templates)("%s with a method it does not have is 405 with Allow", async (template) => {
		const methods = new Set(CALLS.filter((call) => call.template === template).map((call) => call.method));
		const [missing] = [...WRITES].filter((method) => !methods.has(method));
		if (missing === undefined) return;
		const route = fill(template, valuesFor(template, fixtures) ?? {});
		const answer = await home.as.owner<never>(missing, route, { body: {} });
		// A static route may stand beside one with a parameter in the same place, which then takes the other methods.
		if (answer.status === 405) {
			expectProblem(answer, 405);
			for (const method of methods) expect(answer.headers.get("allow")).toContain(method);
		} else expect(answer.status).toBeGreaterThanOrEqual(400);
	});

	test("that are unknown are 404 problems", async () => {
		for (const route of ["/nothing", "/tickets/x/y/z", "/api", "/customers//notes"])
			expectProblem(await home.as.owner<never>("GET", route), 404, "not_found");
	});
});

describe.each(named(CALLS.filter(({ method }) => method === "GET")))("what %s answers", (_name, call) => {
	test("fits its contract", async () => {
		const answer = await ask(master(call), call);
		expect(answer.status).toBe(call.contract.status);
		const validate = ajv.compile((call.contract as ActionContract).result);
		if (!validate(answer.body)) throw new Error(`${JSON.stringify(validate.errors)} in ${JSON.stringify(answer.body)}`);
	});
});
