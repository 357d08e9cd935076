import { listArticles, updateArticle } from "../../contracts/knowledge-base.ts";
import { putTranslation } from "../../contracts/knowledge-base-translations.ts";
import type { Condition } from "../../lib/list-query.ts";
import { staff, tenant } from "../support/callers.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk, refusal, visitor } from "./desk.ts";

let desk: KnowledgeBaseDesk;
const home = tenant();
const owner = staff(home, "owner");
const writer = staff(home, "agent");
const reader = visitor(home);
let categoryId = "";

async function page(filter: Record<string, Condition> = {}, caller = owner, rest: object = {}) {
	return desk.call(listArticles, { filter, limit: 100, sort: "title", ...rest }, caller);
}
const titles = async (filter: Record<string, Condition> = {}, caller = owner, rest: object = {}) =>
	(await page(filter, caller, rest)).data.map(({ title }) => title);

beforeAll(async () => {
	desk = await knowledgeBaseDesk();
	const translate = (id: string, locale: string, title: string, status: string) =>
		desk.call(putTranslation, { id, locale, title, body: title, status } as never, owner);
	categoryId = (await desk.category()).id;
	const make = (title: string, fields: object = {}, caller = owner) => {
		desk.clock.advance(1000);
		return desk.article({ title, ...fields }, caller);
	};
	const a = await make("a", { tags: ["x", "y"] });
	await translate(a.id, "de", "ä", "published");
	const b = await make("b", { tags: ["x"], visibility: "customers" });
	await translate(b.id, "de", "b-de", "draft");
	await make("c", { status: "draft", visibility: "agents" }, writer);
	const d = await make("d", { status: "in_review", locale: "de" }, writer);
	await translate(d.id, "en", "d-en", "published");
	await make("e", { visibility: "agents" });
}, 30_000);
afterAll(() => desk?.stop());

test.each<[Record<string, Condition>, string[]]>([
	[{}, ["a", "b", "c", "d-en", "e"]],
	[{ status: { eq: "published" } }, ["a", "b", "d-en", "e"]],
	[{ status: { eq: "draft" } }, ["b-de", "c"]],
	[{ status: { in: ["draft", "in_review"] } }, ["b-de", "c", "d"]],
	[{ locale: { eq: "de" } }, ["ä", "b-de", "d"]],
	[{ locale: { eq: "de-AT" }, status: { eq: "published" } }, ["ä"]],
	[{ locale: { eq: "?" } }, []],
	[{ tag: { eq: "x" } }, ["a", "b"]],
	[{ tag: { all: ["x", "y"] } }, ["a"]],
	[{ tagAny: { in: ["Y", "z"] } }, ["a"]],
	[{ visibility: { eq: "agents" } }, ["c", "e"]],
	[{ authorId: { eq: writer.id } }, ["c", "d-en"]],
	[{ categoryId: { eq: null } }, ["a", "b", "c", "d-en", "e"]],
	[{ createdAt: { gt: "2025-01-15T09:00:02.500Z" } }, ["c", "d-en", "e"]],
	[{ publishedAt: { gte: "2025-01-15T09:00:03.000Z" } }, ["d-en", "e"]],
])("articles by %j", async (filter, expected) => {
	// Titles sort by the article's own language.
	expect((await titles(filter)).sort()).toEqual([...expected].sort());
});

test("readers find what they may read, and what they ask for beyond that is nothing", async () => {
	expect(await titles({}, reader)).toEqual(["a", "d-en"]);
	expect(await titles({ status: { eq: "draft" } }, reader)).toEqual([]);
	expect(await titles({ status: { in: ["draft", "published"] } }, reader)).toEqual(["a", "d-en"]);
	expect(await titles({ locale: { eq: "de" } }, reader)).toEqual(["ä"]);
	expect(await titles({ visibility: { eq: "agents" } }, reader)).toEqual([]);
	expect((await page({}, reader, { count: true })).page.total).toBe(2);
	expect(await titles({}, staff(home, "viewer"))).toEqual(["a", "b", "d-en", "e"]);
	expect(await titles({}, desk.as.stranger)).toEqual([]);
	for (const name of ["authorId", "ownerId"])
		expect(await refusal(titles({ [name]: { eq: writer.id } }, reader))).toBe("403 forbidden");
	for (const item of (await page({}, reader)).data) {
		expect(item).toMatchObject({ status: "published", author: { name: expect.any(String) } });
		const desk = [
			"authorId",
			"ownerId",
			"owner",
			"reviewDueAt",
			"publishAt",
			"draftVersionNo",
			"hasUnpublishedChanges",
		];
		for (const field of [...desk, "author.id"]) expect(item).not.toHaveProperty(field);
		expect(item.availableLocales).toEqual(item.publishedLocales);
		expect(item).not.toHaveProperty("body");
	}
});

test("a draft changes nothing that readers are shown, nor where it stands", async () => {
	const before = await page({}, reader, { sort: "-updatedAt" });
	const [first] = before.data;
	desk.clock.advance(60_000);
	await desk.call(updateArticle, { id: before.data.at(-1)?.id ?? "", body: "A draft.", locale: "en" }, owner);
	const after = await page({}, reader, { sort: "-updatedAt" });
	expect(after.data).toEqual(before.data);
	expect((await page({}, owner, { sort: "-updatedAt" })).data[0]?.id).not.toBe(first?.id);
});

test.each(listArticles.list.sorts.flatMap((sort) => [sort, `-${sort}`]))(
	"pages by %s are walks through an index, for writers and readers",
	async (sort) => {
		for (const caller of [owner, reader]) {
			const all = (await page({}, caller, { sort })).data.map(({ id }) => id);
			const found: string[] = [];
			let cursor: string | undefined;
			do {
				const params = { sort, limit: 1, ...(cursor ? { cursor } : {}) };
				const { data, page: at } = await desk.call(listArticles, params, caller);
				found.push(...data.map(({ id }) => id));
				cursor = at.nextCursor ?? undefined;
			} while (cursor);
			expect(found).toEqual(all);
		}
		const cursor = (await desk.call(listArticles, { sort, limit: 1 }, owner)).page.nextCursor ?? "";
		expect(await refusal(desk.call(listArticles, { sort, limit: 1, cursor }, reader))).toBe("400 invalid_cursor");
	},
);

test("a category has its articles in the order given, the newest last", async () => {
	const { id } = await desk.category();
	for (const fields of [{ title: "1" }, { title: "2" }, { title: "0", order: 0 }])
		await desk.article({ ...fields, categoryId: id });
	const { data } = await desk.call(
		listArticles,
		{ filter: { categoryId: { eq: id } }, sort: "order" },
		desk.as.visitor,
	);
	expect(data.map(({ title, order }) => [title, order])).toEqual([
		["0", 0],
		["1", 1],
		["2", 2],
	]);
	expect(categoryId).not.toBe(id);
});
