import {
	deleteArticle,
	getArticle,
	getArticleBySlug,
	publishArticle,
	updateArticle,
} from "../../contracts/knowledge-base.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk } from "./desk.ts";

let desk: KnowledgeBaseDesk;
beforeAll(async () => {
	desk = await knowledgeBaseDesk();
}, 30_000);
afterAll(() => desk?.stop());

const get = (id: string, caller = desk.as.owner) => desk.call(getArticle, { id }, caller);
const update = (id: string, fields: object, caller = desk.as.owner) =>
	desk.call(updateArticle, { id, ...fields } as never, caller);

describe("the slug", () => {
	const slugs = async (slug: string, caller = desk.as.visitor) => {
		try {
			return (await desk.call(getArticleBySlug, { locale: "en", slug }, caller)).id;
		} catch (error) {
			const { code, data } = error as { code: number; data: { headers?: { Location?: string } } };
			return data.headers?.Location ?? code;
		}
	};

	test("gets a number where it is taken, also by what an article was called before", async () => {
		const first = await desk.article({ title: "Same name" });
		const second = await desk.article({ title: "Same name" });
		expect([first.slug, second.slug]).toEqual(["same-name", "same-name-2"]);
		await update(first.id, { title: "Renamed", status: "published" });
		expect((await desk.article({ title: "Same name" })).slug).toBe("same-name-3");
		expect(await slugs("same-name")).toBe(`/api/help/${desk.home.slug}/articles/by-slug/en/renamed`);
		expect(await slugs("same-name", desk.as.owner)).toBe("/api/knowledge-base/articles/by-slug/en/renamed");
		expect(await slugs("renamed")).toBe(first.id);
		await update(first.id, { title: "Same name", status: "published" });
		expect([await slugs("same-name"), await slugs("renamed")]).toEqual([
			first.id,
			`/api/help/${desk.home.slug}/articles/by-slug/en/same-name`,
		]);
	});

	test("is free again when the article is removed", async () => {
		const { id } = await desk.article({ title: "Short lived" });
		await update(id, { title: "Renamed again", status: "published" });
		await desk.call(deleteArticle, { id }, desk.as.owner);
		expect(await slugs("short-lived")).toBe(404);
		expect((await desk.article({ title: "Short lived" })).slug).toBe("short-lived");
	});

	test("that somebody chose stays when the title changes, and leads on when another is chosen", async () => {
		const { id } = await desk.article({ slug: "My Choice!" });
		await update(id, { title: "Something else", status: "published" });
		expect(await slugs("my-choice")).toBe(id);
		await update(id, { slug: "better" });
		expect(await slugs("my-choice")).toMatch(/\/better$/);
	});

	test("of a draft tells readers nothing", async () => {
		const { slug } = await desk.article({ title: "Secret plans", status: "draft" });
		expect(await slugs(slug)).toBe(404);
		expect(await slugs("never-there")).toBe(404);
	});

	test("keeps the letters of other scripts", async () => {
		const { slug, id } = await desk.article({ title: "返品する方法" });
		expect(slug).toBe("返品する方法");
		expect(await slugs(slug)).toBe(id);
		await update(id, { slug: "返品" });
		expect(await slugs("返品する方法")).toContain(encodeURIComponent("返品"));
	});
});

describe("at the same time", () => {
	test("articles of one title get slugs of their own", async () => {
		const made = await Promise.all(Array.from({ length: 5 }, () => desk.article({ title: "Crowded" })));
		expect(new Set(made.map(({ slug }) => slug)).size).toBe(5);
	});

	test("two publications are one", async () => {
		const { id } = await desk.article({ status: "draft" });
		await Promise.all([1, 2].map(() => desk.call(publishArticle, { id }, desk.as.owner)));
		await update(id, { body: "Later.", status: "published" });
		const events = await desk.eventsOf(id, 3);
		expect(events.filter(({ type }) => type === "article.published")).toHaveLength(2);
	});

	test("a publication and a save never publish half of it", async () => {
		for (let round = 0; round < 5; round++) {
			const { id } = await desk.article({ status: "draft", title: "A", body: "A" });
			await Promise.all([
				desk.call(publishArticle, { id }, desk.as.owner),
				update(id, { title: "B", body: "B" }, desk.as.agent),
			]);
			const read = await get(id, desk.as.visitor);
			expect([read.title, read.body]).toEqual(read.title === "A" ? ["A", "A"] : ["B", "B"]);
			expect((await get(id)).body).toBe("B");
		}
	});
});
