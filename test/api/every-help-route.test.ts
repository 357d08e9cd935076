import type { ActionContract } from "../../contracts/contract.ts";
import { contracts } from "../../contracts/registry.ts";
import { newId } from "../../lib/ids.ts";
import { createAjv } from "../../mixins/contract-validator.ts";
import { bodyFor, type Call, fill, helpCallsOf } from "../support/calls.ts";
import { type Answer, type Desk, type DeskTenant, type RequestOptions, startDesk } from "../support/desk.ts";
import { type Fixtures, makeFixtures, valuesFor } from "../support/fixtures.ts";

/*
 * Generated from the contracts: every route of the public help centre is asked everything that a careless or hostile
 * visitor asks, so that a new route is covered the day it is written.
 */

interface ProblemBody {
	type: string;
	status: number;
	instance: string;
	traceId: string;
}

const CALLS = helpCallsOf(contracts);
const READS = CALLS.filter(({ method }) => method === "GET");
const named = (calls: Call[]) => calls.map((call) => [`${call.method} ${call.template}`, call] as const);

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
let fixtures: Fixtures;
let cookie: string;

beforeAll(async () => {
	desk = await startDesk({ eventRetryDelays: [] });
	[home, foreign] = await Promise.all([desk.tenant(), desk.tenant()]);
	fixtures = await makeFixtures(home);
	const article = fixtures["/knowledge-base/articles/:id"]?.id;
	const shown = await desk.anonymous<{ categoryId: string }>("GET", `/help/${home.slug}/articles/${article}`);
	// Visitors see no empty category.
	fixtures["/knowledge-base/categories/:id"] = { id: shown.body.categoryId };
	const rated = await desk.anonymous("POST", `/help/${home.slug}/articles/${article}/rate`, {
		body: { value: "helpful" },
	});
	cookie = (rated.headers.get("set-cookie") ?? "").split(";")[0] as string;
}, 60_000);
afterAll(() => desk?.stop());

/** Where the things are that a visitor may read: the same as those who signed in name them. */
const knowledgeBase = (call: Call) => `/knowledge-base${call.template}`;

function values(call: Call): Record<string, string> {
	const found = valuesFor(knowledgeBase(call), fixtures);
	if (found === null)
		throw new Error(`no fixture for ${knowledgeBase(call)}: say in test/support/fixtures.ts how to make one`);
	return found;
}

interface Asking extends RequestOptions {
	slug?: string;
	values?: Record<string, string>;
	query?: string;
}

function ask(call: Call, options: Asking = {}): Promise<Answer<never>> {
	const { slug = home.slug, values: named = values(call), query = "", ...request } = options;
	const body =
		request.raw === undefined && request.body === undefined ? bodyFor(call.contract, fixtures) : request.body;
	return desk.anonymous(call.method, `/help/${slug}${fill(call.template, named)}${query || neededQuery(call)}`, {
		...request,
		...(body === undefined ? {} : { body }),
	});
}

/** A query without which the route answers nothing at all. */
const neededQuery = ({ template }: Call) => (template === "/search" ? "?q=fixture" : "");

function expectProblem(answer: Answer<never>, status: number | number[], code?: string): ProblemBody {
	const body = answer.body as unknown as ProblemBody;
	const seen = `${answer.status} ${JSON.stringify(body)}`;
	if (![status].flat().includes(answer.status)) throw new Error(`expected ${status}, got ${seen}`);
	if (code !== undefined && body.type !== `/problems/${code}`) throw new Error(`expected ${code}, got ${seen}`);
	expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
	expect(answer.headers.get("cache-control")).toBe("no-store");
	return { ...body, instance: "", traceId: "" };
}

test("there are routes, and a visitor has been given a cookie", () => {
	expect(READS.length).toBeGreaterThan(5);
	expect(cookie).toMatch(/^conductor_visitor=/);
});

describe.each(named(CALLS))("%s", (_name, call) => {
	test("is a 404 at a help centre that there is not, and of another tenant's things", async () => {
		const unknown = expectProblem(await ask(call, { slug: "nobody-here" }), 404, "not_found");
		expect(expectProblem(await ask(call, { slug: `x${newId()}` }), 404)).toEqual(unknown);
		if (!call.template.includes(":")) return;
		const theirs = expectProblem(await ask(call, { slug: foreign.slug }), 404, "not_found");
		const never = Object.fromEntries(Object.keys(values(call)).map((name) => [name, newId()]));
		expect(
			expectProblem(await ask(call, { slug: foreign.slug, values: { ...values(call), ...never, locale: "en" } }), 404),
		).toEqual(theirs);
		for (const odd of ["x", "%00", "..%2f", "a".repeat(300), "__proto__"])
			expectProblem(
				await ask(call, { values: Object.fromEntries(Object.keys(values(call)).map((name) => [name, odd])) }),
				[400, 404],
			);
	});

	test("has no unknown parameter and no operators", async () => {
		for (const query of [
			"?nobodyKnowsThis=1",
			"?__proto__=1",
			"?$where=1",
			"?id[$ne]=1",
			"?tenantId=x",
			"?tenantSlug=x",
		])
			expectProblem(await ask(call, { query }), 400);
	});
});

describe.each(named(CALLS.filter(({ contract }) => contract.body)))("the body of %s", (_name, call) => {
	test("has no unknown field, and is JSON of the right size", async () => {
		const body = bodyFor(call.contract, fixtures) ?? {};
		expectProblem(await ask(call, { body: { ...body, nobodyKnowsThis: 1 } }), 422, "unknown_field");
		expectProblem(await ask(call, { raw: "{" }), 400);
		expectProblem(await ask(call, { raw: "a=b", headers: { "content-type": "text/plain" } }), 415);
		expectProblem(await ask(call, { raw: JSON.stringify({ x: "y".repeat(1_100_000) }) }), 413);
	});
});

describe.each(named(CALLS.filter(({ method }) => method === "POST")))("%s with an Idempotency-Key", (_name, call) => {
	test("takes effect once for a visitor who is known", async () => {
		const headers = { "idempotency-key": newId(), cookie };
		const first = await ask(call, { headers });
		const second = await ask(call, { headers });
		expect([second.status, second.body]).toEqual([first.status, first.body]);
		expect(second.headers.get("idempotency-replayed")).toBe("true");
		expect(
			(await ask(call, { headers: { "idempotency-key": headers["idempotency-key"] } })).headers.has(
				"idempotency-replayed",
			),
		).toBe(false);
	});
});

describe.each(named(READS))("what %s answers", (_name, call) => {
	test("fits its contract, may be kept by caches, and is the same for everybody", async () => {
		const answer = await ask(call);
		if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
		const validate = createAjv().compile((call.contract as ActionContract).result);
		if (!validate(answer.body)) throw new Error(`${JSON.stringify(validate.errors)} in ${JSON.stringify(answer.body)}`);
		expect(answer.headers.get("cache-control")).toBe("public, max-age=60, stale-while-revalidate=600");
		expect(answer.headers.get("vary")).toContain("Accept-Language");
		const tag = answer.headers.get("etag") ?? "";
		const owner = await home.as.owner<never>(
			"GET",
			`/help/${home.slug}${fill(call.template, values(call))}${neededQuery(call)}`,
		);
		const known = await ask(call, { headers: { cookie } });
		for (const { status, headers } of [owner, known]) {
			expect([status, headers.get("etag"), headers.get("set-cookie")]).toEqual([200, tag, null]);
		}
		expect((await ask(call, { headers: { "if-none-match": tag } })).status).toBe(304);
	});
});
