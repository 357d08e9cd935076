import {
	article,
	customer,
	type Desk,
	type DeskTenant,
	idsOf,
	make,
	type Results,
	search,
	startSearchDesk,
	ticket,
} from "./desk.ts";

let desk: Desk;
let home: DeskTenant;
beforeAll(async () => {
	desk = await startSearchDesk();
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

const get = <T = Results>(route: string) => home.as.owner<T>("GET", route);
const refused = async (route: string) => {
	const { status, body } = await get<{ type: string }>(route);
	return [status, body.type];
};

describe("pages", () => {
	test("each hit comes once, in the order of the whole, whatever is written meanwhile", async () => {
		const made: string[] = [];
		for (let i = 0; i < 7; i++)
			made.push((await customer(home, { name: `Pager ${i}`, email: `p${i}@pages.example` })).id);
		const whole = idsOf(await search(home.as.owner, "customers", "pager"));
		expect([...whole].sort()).toEqual(made.sort());
		const seen: string[] = [];
		let route = "/customers/search?q=pager&limit=3&count=true&fields=name";
		for (let page = 0; ; page++) {
			const { status, body, headers } = await get(route);
			expect([status, body.page.limit, body.page.total, body.page.prevCursor]).toEqual([200, 3, 7, null]);
			expect(Object.keys(body.data[0] ?? {}).sort()).toEqual(["id", "name"]);
			seen.push(...idsOf(body));
			expect(body.page.hasMore).toBe(body.page.nextCursor !== null);
			const link = headers.get("link");
			if (!body.page.hasMore) {
				expect(link).toBeNull();
				break;
			}
			route = /<([^>]+)>; rel="next"/.exec(link ?? "")?.[1] ?? "";
			expect(route).toContain("q=pager");
			if (page === 0) await customer(home, { name: "Another", email: "another@pages.example" });
		}
		expect(seen).toEqual(whole);
	});

	test("a cursor is good for its own search only", async () => {
		const { body } = await get("/customers/search?q=pager&limit=2");
		const cursor = `cursor=${body.page.nextCursor}`;
		expect((await get(`/customers/search?q=pager&limit=2&${cursor}`)).status).toBe(200);
		const others = ["q=another", "q=pager&status=active", "q=pager%20x"].map((q) => `/customers/search?${q}&${cursor}`);
		for (const route of [...others, `/tickets/search?q=pager&${cursor}`, "/customers/search?q=pager&cursor=nonsense"])
			expect(await refused(route)).toEqual([400, "/problems/invalid_cursor"]);
		const away = await desk.tenant();
		expect((await away.as.owner("GET", `/customers/search?q=pager&limit=2&${cursor}`)).status).toBe(400);
		expect((await home.as.viewer("GET", `/customers/search?q=pager&limit=2&${cursor}`)).status).toBe(400);
	});
});

describe("what is refused", () => {
	test.each([
		["no query", "", "empty_query"],
		["an empty one", "?q=", "empty_query"],
		["a blank one", "?q=%20%20", "empty_query"],
		["a long one", `?q=${"a".repeat(257)}`, "query_too_long"],
		["many words", `?q=${Array.from({ length: 17 }, (_, i) => `w${i}`).join("+")}`, "too_many_terms"],
		["an unknown parameter", "?q=x&nobody=1", "unknown_parameter"],
		["a sort", "?q=x&sort=createdAt", "unknown_parameter"],
		["a numbered page", "?q=x&page=2", "unknown_parameter"],
		["an include", "?q=x&include=company", "unknown_parameter"],
		["a limit of none", "?q=x&limit=0", "invalid_request"],
		["a limit of too many", "?q=x&limit=101", "invalid_request"],
		["another consistency", "?q=x&consistency=strong", "invalid_request"],
		["a query twice", "?q=x&q=y", "invalid_request"],
		["a field that is not there", "?q=x&fields=secret", "unknown_parameter"],
	])("%s", async (_name, query, code) => {
		for (const what of ["customers", "tickets", "knowledge-base"])
			expect(await refused(`/${what}/search${query}`)).toEqual([400, `/problems/${code}`]);
	});

	test("a query in the path and another beside it", async () => {
		expect(await refused("/customers/search/x?q=y")).toEqual([400, "/problems/invalid_request"]);
		expect(await refused(`/customers/search/${"a".repeat(400)}`)).toEqual([400, "/problems/query_too_long"]);
	});

	test("nothing else, whatever is asked", async () => {
		const odd = [
			'"',
			'""',
			"-",
			"*",
			"#",
			":",
			"a:",
			":b",
			"a>b",
			"(",
			"AND OR NOT NEAR",
			"\u0000",
			"🙂",
			"'; DROP",
			"日本語",
			"\ud800",
			"a".repeat(256),
		];
		for (const q of odd)
			for (const what of ["customers", "tickets", "knowledge-base"]) {
				const { status } = await get(`/${what}/search?q=${encodeURIComponent(q.toWellFormed())}`);
				expect([q, status === 200 || status === 400]).toEqual([q, true]);
			}
	});
});

test("filters narrow down what is found and counted", async () => {
	const company = await make(home.as.owner, "/companies", { name: "Filter Ltd" });
	const { id: customerId } = await customer(home, {
		name: "Filter One",
		email: "f1@filters.example",
		companyId: company.id,
		tags: ["gold", "eu"],
	});
	const other = await customer(home, { name: "Filter Two", email: "f2@filters.example", tags: ["gold"] });
	const urgent = await ticket(home, {
		subject: "Filter clogged",
		customerId,
		priority: "urgent",
		tags: ["pump"],
		groupId: home.groupId,
	});
	const calm = await ticket(home, {
		subject: "Filter fine",
		customerId: other.id,
		type: "incident",
		assigneeId: home.userIds.agent,
	});
	const find = async (what: "customers" | "tickets", more: Record<string, string>) => {
		const found = await search(home.as.owner, what, "filter", more);
		expect(found.page.total).toBe(found.data.length);
		return idsOf(found).sort();
	};
	expect(await find("tickets", { priority: "urgent" })).toEqual([urgent.id]);
	expect(await find("tickets", { status: "new,open" })).toEqual([urgent.id, calm.id].sort());
	expect(await find("tickets", { type: "incident" })).toEqual([calm.id]);
	expect(await find("tickets", { groupId: "none" })).toEqual([calm.id]);
	expect(await find("tickets", { assigneeId: home.userIds.agent })).toEqual([calm.id]);
	expect(await find("tickets", { customerId })).toEqual([urgent.id]);
	expect(await find("tickets", { companyId: company.id })).toEqual([urgent.id]);
	expect(await find("tickets", { tag: "PUMP" })).toEqual([urgent.id]);
	expect(await find("tickets", { "createdAt[gte]": "2999-01-01" })).toEqual([]);
	expect(await find("tickets", { "number[gt]": String(urgent.number) })).toEqual([calm.id]);
	expect(await find("customers", { companyId: company.id })).toEqual([customerId]);
	expect(await find("customers", { companyId: "none" })).toEqual([other.id]);
	expect(await find("customers", { tag: "gold" })).toEqual([customerId, other.id].sort());
	const both = await get(`/customers/search?q=filter&tag=gold&tag=eu`);
	expect(idsOf(both.body)).toEqual([customerId]);
	const category = await make(home.as.owner, "/knowledge-base/categories", { name: "Pumps" });
	const inside = await article(home, { title: "Filter change", categoryId: category.id, tags: ["pump"] });
	await article(home, { title: "Filter history" });
	const articles = async (more: Record<string, string>) =>
		idsOf(await search(home.as.owner, "knowledge-base", "filter", more));
	expect(await articles({ categoryId: category.id })).toEqual([inside.id]);
	expect(await articles({ tag: "pump" })).toEqual([inside.id]);
});

test("a first page of the knowledge base carries the search's id, further ones do not", async () => {
	for (let i = 0; i < 3; i++) await article(home, { title: `Numbered ${i}` });
	const first = await search(home.as.agent, "knowledge-base", "numbered", { limit: "2" });
	expect(first.searchId).toEqual(expect.any(String));
	const next = await search(home.as.agent, "knowledge-base", "numbered", {
		limit: "2",
		cursor: first.page.nextCursor ?? "",
	});
	expect([next.searchId, next.data.length]).toEqual([undefined, 1]);
});
