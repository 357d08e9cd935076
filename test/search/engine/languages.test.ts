import type { SearchIndex, SearchQuery } from "../../../services/search/engine/index-types.ts";
import { openSearchIndex } from "../../../services/search/engine/search-index.ts";
import { streamOf } from "../../../services/search/engine/tokens.ts";
import { fold, lower, wholesOf, wordsOf } from "../../../services/search/engine/words.ts";
import { article, body, customer, PUBLIC, STAFF, TENANT, ticket } from "./documents.ts";

let index: SearchIndex;
beforeEach(() => {
	index = openSearchIndex({ file: ":memory:" });
});
afterEach(() => index.close());

const articles = (query: string, locale: string) =>
	index.search({ kind: "article", tenantId: TENANT, query, scope: PUBLIC, locale, limit: 20, count: true });
const tickets = (query: string, more: Partial<SearchQuery<"ticket">> = {}) =>
	index
		.search({ kind: "ticket", tenantId: TENANT, query, scope: STAFF, limit: 20, ...more })
		.hits.map(({ id }) => id)
		.sort();

describe("words", () => {
	it.each([
		["Ｐａｓｓｗｏｒｄ", ["password"]],
		["Straße Øre Łódź İstanbul", ["strasse", "ore", "lodz", "istanbul"]],
		["Jose\u0301 crème-brûlée", ["jose", "creme", "brulee"]],
		["soft\u00ADhyphen zero\u200Bwidth", ["softhyphen", "zerowidth"]],
		["don't l’eau", ["don", "t", "l", "eau"]],
		["ﬁne ½ №5", ["fine", "1", "2", "5"]],
		["\ud800 😀 ...", []],
		["مَكتَبة", ["مكتبة"]],
	])("of %j are %j", (text, expected) => {
		expect([...wordsOf(text)].map(({ folded }) => folded)).toEqual(expected);
	});

	it("stand where they are said to stand", () => {
		const text = "Ünïcode パスワードを変更 v2.1 ﬁn";
		for (const { start, end, exact } of wordsOf(text)) expect(lower(text.slice(start, end))).toBe(exact);
	});

	it("that belong together are kept together", () => {
		expect(wholesOf("Mail Jane.Doe@Acme.io about v2.10.4, ORD-2024_17 and end.")).toEqual([
			"jane.doe@acme.io",
			"v2.10.4",
			"ord-2024_17",
		]);
	});

	it.each(["x", "x-", "-", "漢", "あア", "ก", "a@", "a\u0301", "\u200d", "é ", "running "])(
		"are looked for in time that grows with the text, also in one of half a megabyte that is nothing but %j",
		(seed) => {
			const text = seed.repeat(Math.floor(174_000 / seed.length));
			expect(wholesOf(text)).toEqual([]);
			expect(streamOf([text], "en").tokens.length).toBeLessThan(text.length * 4);
		},
		10_000,
	);

	it("lose their accents, not their letters", () => {
		expect([fold("é"), fold("が"), fold("हिन्दी"), fold("й")]).toEqual(["e", "が".normalize("NFC"), "हिन्दी", "и"]);
	});
});

describe("scripts without spaces", () => {
	it.each([
		["ja", "パスワードを再設定する方法", ["パスワード", "ワード", "再設定", "設定方法", "パスワードの再設定", "設"]],
		["ja", "東京都のアカウント", ["東京都", "東京", "京都", "アカウント"]],
		["zh", "如何重置您的密码", ["重置密码", "密码", "重置", "码"]],
		["th", "วิธีรีเซ็ตรหัสผ่าน", ["รหัสผ่าน", "รหัส", "รีเซ็ต"]],
	])("%s: %s is found however the query is cut", (locale, text, queries) => {
		index.put("article", [
			article("found", { locale, defaultLocale: locale, title: "x", sections: body(text) }),
			article("other", { locale, defaultLocale: locale, title: "y", sections: body("無関係な文章") }),
		]);
		for (const query of queries) {
			const [hit] = articles(query, locale).hits;
			expect({ query, id: hit?.id }).toEqual({ query, id: "found" });
			expect(hit?.highlights.body?.[0]).toContain("<mark>");
		}
		expect(articles("存在しない単語列", locale).hits.map(({ id }) => id)).not.toContain("found");
	});

	it("have exact phrases", () => {
		index.put("article", [
			article("a", { locale: "ja", title: "再設定する" }),
			article("b", { locale: "ja", title: "設定を再開" }),
		]);
		expect(articles('"再設定"', "ja").hits.map(({ id }) => id)).toEqual(["a"]);
	});

	it("are found and marked in half a megabyte that never ends a sentence", () => {
		index.put("article", [article("a", { locale: "zh", title: "x", sections: body("密码".repeat(87_000)) })]);
		const { hits } = articles("密码", "zh");
		expect(hits).toHaveLength(1);
		expect(hits[0]?.highlights.body?.[0]).toContain("<mark>");
	});

	it("make a long query of a few parts, which is not refused", () => {
		index.put("article", [article("a", { locale: "ja", title: "パスワード" })]);
		expect(articles("パスワードを再設定する方法がわかりません".repeat(5), "ja").hits).toHaveLength(1);
	});
});

describe("words that say nothing", () => {
	it("are left out where there are others", () => {
		index.put("article", [article("a", { title: "Reset a password" }), article("b", { title: "Set up the router" })]);
		expect(articles("how to reset the password", "en")).toMatchObject({ total: 1, relaxed: false });
		expect(articles("up the", "en").hits.map(({ id }) => id)).toEqual(["b"]);
	});

	it("still decide between entries that are otherwise alike", () => {
		index.put("article", [article("a", { title: "Router one" }), article("b", { title: "Router other" })]);
		const found = articles("router other", "en");
		expect(found.hits.map(({ id }) => id)).toEqual(["b", "a"]);
		expect(found).toMatchObject({ relaxed: false, total: 2, hits: [{ matchedTerms: ["router"] }, {}] });
	});

	it("are those of the language", () => {
		index.put("article", [article("a", { locale: "de", defaultLocale: "de", title: "Rechnung bezahlen" })]);
		expect(articles("wie kann ich die Rechnung bezahlen", "de")).toMatchObject({ total: 1, relaxed: false });
	});

	it("are not left out of names", () => {
		index.put("customer", [customer("will", { name: "Will May" }), customer("may", { name: "Ann May" })]);
		const query = { kind: "customer", tenantId: TENANT, scope: { ids: null }, limit: 5 } as const;
		expect(index.search({ ...query, query: "will may" }).hits[0]?.id).toBe("will");
	});
});

describe("the query", () => {
	beforeEach(() => {
		index.put("ticket", [
			ticket("a", {
				number: 1,
				subject: "printer broken",
				status: "open",
				priority: "low",
				tags: ["vip"],
				assigneeId: "u1",
			}),
			ticket("b", { number: 2, subject: "broken", publicMessages: ["printer"], status: "pending", priority: "high" }),
			ticket("c", {
				number: 3,
				subject: "invoice",
				status: "solved",
				priority: "urgent",
				createdAt: "2026-03-01T10:00:00.000Z",
			}),
		]);
	});

	it.each([
		["printer status:open", ["a"]],
		["subject:printer", ["a"]],
		["-subject:printer", ["b", "c"]],
		["priority>low", ["b", "c"]],
		["priority>=low", ["a", "b", "c"]],
		["priority<=high -priority:low", ["b"]],
		["priority:urgent", ["c"]],
		["created>=2026-02-01", ["c"]],
		["created<2026-02-01", ["a", "b"]],
		["created:2026-03-01", ["c"]],
		["-created:2026-03-01", ["a", "b"]],
		["created>2026-03-01", []],
		["number>1 number<3", ["b"]],
		["tag:vip", ["a"]],
		["tag:VIP", ["a"]],
		["assignee:none", ["b", "c"]],
		["status:open status:pending", []],
		['subject:"printer broken"', ["a"]],
		["inv*", ["c"]],
		["pri* broken", ["a", "b"]],
		["“printer broken”", ["a"]],
		['"printer', ["a", "b"]],
		["nothing:broken", ["a", "b"]],
		["created>tomorrow invoice", ["c"]],
		["http://invoice", ["c"]],
		["printer OR invoice", ["a", "b", "c"]],
		["NEAR(printer broken)", ["a", "b"]],
		["!!! ???", []],
	])("%s finds %j", (query, expected) => {
		expect(tickets(query)).toEqual(expected);
	});

	it.each([
		[{ status: { in: ["open", "pending"] } }, ["a", "b"]],
		[{ status: { nin: ["open", "pending"] } }, ["c"]],
		[{ assigneeId: { eq: null } }, ["b", "c"]],
		[{ assigneeId: { exists: true } }, ["a"]],
		[{ tags: { all: ["vip", "other"] } }, []],
		[{ createdAt: { gte: new Date("2026-03-01T10:00:00.000Z") } }, ["c"]],
		[{ createdAt: { lt: "2026-03-01T10:00:00.000Z" }, status: { ne: "open" } }, ["b"]],
		[{ number: { in: [] } }, null],
		[{ nobody: { eq: 1 } }, null],
		[{ createdAt: { gte: "yesterday" } }, null],
		[{ status: { contains: "o" } }, null],
	])("with filters %j finds %j", (filters, expected) => {
		if (expected === null) {
			const refused = expect.objectContaining({ code: 400, type: "invalid_filter" });
			expect(() => tickets("-nothing", { filters })).toThrow(refused);
		} else expect(tickets("-nothing", { filters })).toEqual(expected);
	});
});
