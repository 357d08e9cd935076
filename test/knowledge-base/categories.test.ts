import { getArticle, listArticles, updateArticle } from "../../contracts/knowledge-base.ts";
import {
	createCategory,
	deleteCategory,
	getCategory,
	listCategories,
	updateCategory,
} from "../../contracts/knowledge-base-categories.ts";
import { putTranslation } from "../../contracts/knowledge-base-translations.ts";
import { staff, tenant } from "../support/callers.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk, problemOf, refusal, visitor } from "./desk.ts";

let desk: KnowledgeBaseDesk;
beforeAll(async () => {
	desk = await knowledgeBaseDesk();
}, 30_000);
afterAll(() => desk?.stop());

const change = (id: string, fields: object, caller = desk.as.owner) =>
	desk.call(updateCategory, { id, ...fields } as never, caller);
const remove = (id: string, moveTo?: string) =>
	desk.call(deleteCategory, { id, ...(moveTo ? { moveTo } : {}) }, desk.as.owner);
const show = (id: string, caller = desk.as.owner) => desk.call(getCategory, { id }, caller);

/** A chain of categories, each below the one before. */
async function chain(length: number): Promise<string[]> {
	const ids: string[] = [];
	for (let i = 0; i < length; i++) ids.push((await desk.category({ parentId: ids.at(-1) ?? null })).id);
	return ids;
}

describe("a category", () => {
	test("has texts in several languages, a slug of its own and a place among its siblings", async () => {
		const parent = await desk.category({ name: "Orders", description: " All about them " });
		const first = await desk.category({ name: "Paying", parentId: parent.id });
		const second = await desk.category({
			...{ name: "Paying", parentId: parent.id, locale: "en" },
			translations: { de: { name: "Bezahlen" }, "pt-br": { name: "Pagar", description: "Tudo" } },
		});
		expect(parent).toMatchObject({
			slug: "orders",
			description: "All about them",
			depth: 1,
			parentId: null,
			visibility: "public",
		});
		expect([first.slug, first.order, second.slug, second.order, second.depth]).toEqual(["paying", 1, "paying-2", 2, 2]);
		expect(second).toMatchObject({
			locale: "en",
			availableLocales: ["de", "en", "pt-BR"],
			articleCount: 0,
			version: 1,
		});
		const german = await desk.call(getCategory, { id: second.id, locale: "de-AT" }, desk.as.owner);
		expect(german).toMatchObject({ name: "Bezahlen", locale: "de", isFallback: false });
		expect(await desk.call(getCategory, { id: second.id, locale: "ja" }, desk.as.owner)).toMatchObject({
			...{ name: "Paying", locale: "en", isFallback: true },
		});
		const changed = await change(second.id, { locale: "de", name: "Zahlen", translations: { "pt-BR": null } });
		expect(changed.translations).toEqual({
			en: { name: "Paying", description: null },
			de: { name: "Zahlen", description: null },
		});
		expect((await problemOf(change(second.id, { translations: { en: null } }))).data.errors?.[0]?.pointer).toBe(
			"/translations",
		);
	});

	test("is at most five levels deep and never below itself", async () => {
		const ids = await chain(5);
		const [root, , third, , last] = ids as [string, string, string, string, string];
		expect((await problemOf(desk.category({ parentId: last }))).data.errors?.[0]?.pointer).toBe("/parentId");
		for (const parentId of [root, third, last])
			expect(await refusal(change(root, { parentId }))).toBe("409 category_cycle");
		const [other, below] = (await chain(2)) as [string, string];
		expect(await refusal(change(root, { parentId: below }))).toBe("422 validation_failed");
		await change(third, { parentId: other });
		expect((await show(last)).depth).toBe(4);
		expect((await problemOf(change(other, { parentId: "nobody" }))).data.errors?.[0]?.pointer).toBe("/parentId");
	});

	test("is changed by those who may publish, in the version they saw, in their tenant", async () => {
		const { id } = await desk.category();
		for (const call of [
			() => change(id, { order: 3 }, desk.as.agent),
			() => desk.call(createCategory, { name: "x" }, desk.as.agent),
			() => desk.call(deleteCategory, { id }, desk.as.agent),
			() => desk.call(createCategory, { name: "x" }, desk.as.viewer),
		])
			expect(await refusal(call())).toBe("403 forbidden");
		expect((await change(id, { order: 3 }, desk.as.publisher)).order).toBe(3);
		expect(await refusal(change(id, { order: 4, ifVersion: 1 }))).toBe("412 precondition_failed");
		expect(await refusal(change(id, { order: 4 }, desk.as.stranger))).toBe("404 not_found");
		expect(await refusal(show(id, desk.as.stranger))).toBe("404 not_found");
		const theirs = await desk.call(createCategory, { name: "Theirs" }, desk.as.stranger);
		expect(await refusal(change(id, { parentId: theirs.id }))).toBe("422 validation_failed");
		expect(await refusal(desk.article({ categoryId: theirs.id }))).toBe("422 validation_failed");
	});

	test("is removed when it is empty, or with a place for what is in it", async () => {
		const [root, middle, leaf] = (await chain(3)) as [string, string, string];
		const { id: target } = await desk.category({ visibility: "customers" });
		const article = await desk.article({ categoryId: middle });
		expect(await refusal(remove(middle))).toBe("409 category_not_empty");
		expect(await refusal(remove(root))).toBe("409 category_not_empty");
		expect(await refusal(remove(middle, leaf))).toBe("409 category_cycle");
		expect(await refusal(remove(middle, "nobody"))).toBe("422 validation_failed");
		await remove(middle, target);
		expect(await refusal(show(middle))).toBe("404 not_found");
		expect((await show(leaf)).parentId).toBe(target);
		const moved = await desk.call(getArticle, { id: article.id }, desk.as.owner);
		expect([moved.categoryId, moved.effectiveVisibility]).toEqual([target, "customers"]);
		expect(await refusal(desk.call(getArticle, { id: article.id }, desk.as.visitor))).toBe("404 not_found");
		await remove(leaf);
		await remove(target, "none");
		expect(await desk.call(getArticle, { id: article.id }, desk.as.visitor)).toMatchObject({
			categoryId: null,
			category: null,
		});
		await remove(root);
	});
});

describe("visibility", () => {
	test("of an article is the stricter of its own and its categories', at once and for every reader", async () => {
		const [root, , leaf] = (await chain(3)) as [string, string, string];
		const { id } = await desk.article({ categoryId: leaf });
		const draft = await desk.article({ categoryId: leaf, status: "draft" });
		const readers = async () => {
			const found = [];
			for (const who of ["visitor", "customer", "viewer"] as const) {
				const got = await desk.call(getArticle, { id }, desk.as[who]).then(
					() => true,
					() => false,
				);
				const { data } = await desk.call(listArticles, { filter: { categoryId: { eq: leaf } } }, desk.as[who]);
				const shown = await show(leaf, desk.as[who]).then(
					({ articleCount }) => articleCount,
					() => 0,
				);
				expect([data.length, shown]).toEqual(got ? [1, 1] : [0, 0]);
				if (got) found.push(who);
			}
			return found;
		};
		expect(await readers()).toEqual(["visitor", "customer", "viewer"]);
		await change(root, { visibility: "customers" });
		expect(await readers()).toEqual(["customer", "viewer"]);
		await desk.call(updateArticle, { id, visibility: "agents" }, desk.as.owner);
		expect(await readers()).toEqual(["viewer"]);
		await desk.call(updateArticle, { id, visibility: "public" }, desk.as.owner);
		const { id: open } = await desk.category();
		await change(leaf, { parentId: open });
		expect(await readers()).toEqual(["visitor", "customer", "viewer"]);
		const events = await desk.eventsOf(id, 6);
		expect(events.map(({ type, data }) => `${type} ${data.visibility}`)).toEqual([
			"article.created public",
			"article.published public",
			"article.updated customers",
			"article.updated agents",
			"article.updated customers",
			"article.updated public",
		]);
		expect((await desk.eventsOf(draft.id, 3)).at(-1)?.data.visibility).toBe("public");
	});

	test("changed at the same time as an article in it leaves nothing open", async () => {
		for (let round = 0; round < 4; round++) {
			const { id: categoryId } = await desk.category();
			const [, article] = await Promise.all([
				change(categoryId, { visibility: "agents" }),
				desk.article({ categoryId }),
				desk.article({ categoryId }),
			]);
			expect(await refusal(desk.call(getArticle, { id: article.id }, desk.as.visitor))).toBe("404 not_found");
		}
	});

	test("moves that would make a circle together are not both made", async () => {
		const [a, b] = [await desk.category(), await desk.category()];
		const moves = await Promise.allSettled([change(a.id, { parentId: b.id }), change(b.id, { parentId: a.id })]);
		expect(moves.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	});
});

describe("the list of categories", () => {
	const home = tenant();
	const owner = staff(home, "owner");
	const reader = visitor(home);
	const names: Record<string, string> = {};
	const make = async (name: string, fields: object = {}) => {
		names[name] = (await desk.call(createCategory, { name, ...fields }, owner)).id;
		return names[name];
	};
	const list = async (filter: object = {}, caller = owner, rest: object = {}) =>
		(await desk.call(listCategories, { filter: filter as never, limit: 100, ...rest }, caller)).data;
	const titles = async (filter: object = {}, caller = owner) => (await list(filter, caller)).map(({ name }) => name);

	beforeAll(async () => {
		const b = await make("B", { order: 2 });
		const a = await make("A", { order: 1, translations: { de: { name: "Ä" } } });
		await make("A2", { parentId: a, order: 2 });
		await make("A1", { parentId: a, order: 1 });
		await make("Empty", { order: 9 });
		await make("Staff", { order: 3, visibility: "agents" });
		for (const [name, locale] of [
			["A1", "en"],
			["A1", "de"],
			["B", "en"],
			["Staff", "en"],
		] as const)
			await desk.article({ categoryId: names[name], locale }, owner);
		await desk.article({ categoryId: names.A2, status: "draft" }, owner);
		await desk.article({ categoryId: names.A2, visibility: "customers" }, owner);
		const { id } = await desk.article({ categoryId: b }, owner);
		await desk.call(putTranslation, { id, locale: "ja", title: "日本語", body: "x" }, owner);
	}, 30_000);

	test("is the tree from top to bottom, with what staff sees", async () => {
		expect(await titles()).toEqual(["A", "A1", "A2", "B", "Staff", "Empty"]);
		expect((await list()).map(({ articleCount, totalArticleCount }) => [articleCount, totalArticleCount])).toEqual([
			...[
				[0, 4],
				[2, 2],
				[2, 2],
				[2, 2],
				[1, 1],
				[0, 0],
			],
		]);
		expect(await titles({ parentId: { eq: names.A } })).toEqual(["A1", "A2"]);
		expect(await titles({ parentId: { eq: null } })).toEqual(["A", "B", "Staff", "Empty"]);
		expect(await titles({ visibility: { eq: "agents" } })).toEqual(["Staff"]);
		expect(await titles({ createdAt: { gt: "2030-01-01T00:00:00.000Z" } })).toEqual([]);
	});

	test("shows readers the categories in which there is something for them", async () => {
		expect(await titles({}, reader)).toEqual(["A", "A1", "B"]);
		expect(await titles({ locale: { eq: "de" } }, reader)).toEqual(["Ä", "A1", "B"]);
		expect(await titles({ locale: { eq: "de" }, fallback: { eq: false } }, reader)).toEqual(["Ä", "A1"]);
		expect(await titles({ locale: { eq: "ja" }, fallback: { eq: false } }, reader)).toEqual([]);
		const [a, a1] = await list({}, reader);
		expect([a?.articleCount, a?.totalArticleCount, a1?.articleCount]).toEqual([0, 2, 2]);
		for (const name of ["A2", "Empty", "Staff"])
			expect(await refusal(show(names[name] ?? "", reader))).toBe("404 not_found");
		expect(await titles({}, staff(home, "viewer"))).toContain("Empty");
	});

	test("nests as a tree", async () => {
		const [a, b] = await list({ tree: { eq: true } }, reader);
		expect([a?.name, a?.children?.length, b?.name, b?.children]).toEqual(["A", 1, "B", []]);
		expect(a?.children?.[0]).toMatchObject({ id: names.A1, name: "A1", articleCount: 2, children: [] });
	});

	test.each(["order", "-order", "name", "-createdAt"])(
		"is paged by %s without gaps, forwards and back",
		async (sort) => {
			const all = (await list({}, owner, { sort })).map(({ id }) => id);
			const found: string[] = [];
			let cursor: string | undefined;
			do {
				const params = { limit: 2, sort, count: true, ...(cursor ? { cursor } : {}) };
				const { data, page } = await desk.call(listCategories, params, owner);
				expect(page.total).toBe(6);
				found.push(...data.map(({ id }) => id));
				if (page.prevCursor) {
					const back = await desk.call(listCategories, { limit: 2, sort, cursor: page.prevCursor }, owner);
					expect(back.data.map(({ id }) => id)).toEqual(
						all.slice(found.length - data.length - 2, found.length - data.length),
					);
				}
				cursor = page.nextCursor ?? undefined;
			} while (cursor);
			expect(found).toEqual(all);
			const other = desk.call(listCategories, { limit: 2, sort, cursor: "x" }, owner);
			expect(await refusal(other)).toBe("400 invalid_cursor");
		},
	);
});
