import {
	archiveArticle,
	deleteArticle,
	getArticle,
	getArticleBySlug,
	publishArticle,
	restoreArticle,
	submitArticle,
	unpublishArticle,
	updateArticle,
} from "../../contracts/knowledge-base.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk, problemOf, refusal } from "./desk.ts";

let desk: KnowledgeBaseDesk;
beforeAll(async () => {
	desk = await knowledgeBaseDesk();
}, 30_000);
afterAll(() => desk?.stop());

const get = (id: string, caller = desk.as.owner, rest: object = {}) => desk.call(getArticle, { id, ...rest }, caller);
const update = (id: string, fields: object, caller = desk.as.owner) =>
	desk.call(updateArticle, { id, ...fields } as never, caller);

describe("an article", () => {
	test("is answered with everything that it has", async () => {
		const category = await desk.category({ name: "Billing" });
		const made = await desk.article({
			title: "  Größe ändern!  ",
			body: "# First\n\nSome **text**.",
			summary: " In short ",
			categoryId: category.id,
			tags: ["B", "a", "b"],
			visibility: "customers",
		});
		expect(made).toMatchObject({
			title: "Größe ändern!",
			slug: "grosse-andern",
			summary: "In short",
			body: "# First\n\nSome **text**.",
			bodyHtml: expect.stringContaining("<strong>text</strong>"),
			headings: [{ level: 1, text: "First", anchor: expect.any(String) }],
			plainText: expect.stringContaining("Some text."),
			locale: "en",
			isFallback: false,
			availableLocales: ["en"],
			defaultLocale: "en",
			status: "published",
			visibility: "customers",
			effectiveVisibility: "customers",
			category: { id: category.id, name: "Billing", slug: "billing" },
			tags: ["b", "a"],
			author: { id: desk.as.owner.id, name: desk.as.owner.name },
			...{ viewCount: 0, helpfulCount: 0, notHelpfulCount: 0, score: 0, version: 1 },
			...{ publishedVersionNo: 1, draftVersionNo: 1, hasUnpublishedChanges: false, outdated: false },
			publishedAt: desk.clock.now().toISOString(),
		});
		expect(await get(made.id)).toEqual(made);
	});

	test("tells what became of it", async () => {
		const { id } = await desk.article();
		await update(id, { body: "New." });
		await desk.call(publishArticle, { id }, desk.as.owner);
		await desk.call(unpublishArticle, { id }, desk.as.owner);
		await desk.call(publishArticle, { id }, desk.as.owner);
		await desk.call(archiveArticle, { id }, desk.as.owner);
		await desk.call(deleteArticle, { id }, desk.as.owner);
		const events = await desk.eventsOf(id, 8);
		expect(events.map(({ type, sequence }) => `${type} ${sequence}`)).toEqual([
			"article.created 1",
			"article.published 1",
			"article.updated 2",
			"article.published 3",
			"article.unpublished 4",
			"article.published 5",
			"article.archived 6",
			"article.deleted 7",
		]);
		expect(events[3]?.data).toMatchObject({ locale: "en", versionNo: 2, publishedLocales: ["en"] });
		expect(events[4]?.data).toMatchObject({ locale: "en", publishedLocales: [] });
	});

	test("keeps what readers have until the draft is published", async () => {
		const { id } = await desk.article({ title: "Old", body: "Old text." });
		const changed = await update(id, { title: "New", body: "New text." });
		expect(changed).toMatchObject({
			title: "New",
			body: "New text.",
			status: "published",
			hasUnpublishedChanges: true,
		});
		const before = await get(id, desk.as.visitor);
		expect(before).toMatchObject({
			title: "Old",
			body: "Old text.",
			slug: "old",
			version: 1,
		});
		expect(await get(id, desk.as.owner, { view: "published" })).toMatchObject({ title: "Old", body: "Old text." });
		await desk.call(publishArticle, { id }, desk.as.owner);
		const after = await get(id, desk.as.visitor);
		expect(after).toMatchObject({ title: "New", body: "New text.", slug: "new", version: 2 });
	});

	test("is published by naming the status, and by somebody who may", async () => {
		const { id } = await desk.article({ status: "draft" }, desk.as.agent);
		expect(await refusal(update(id, { status: "published" }, desk.as.agent))).toBe("403 forbidden");
		expect(await refusal(desk.article({}, desk.as.agent))).toBe("403 forbidden");
		expect(await refusal(desk.call(publishArticle, { id }, desk.as.agent))).toBe("403 forbidden");
		expect(await update(id, { body: "Better.", status: "published" }, desk.as.publisher)).toMatchObject({
			status: "published",
			body: "Better.",
			publishedVersionNo: 2,
		});
		expect((await desk.article({}, desk.as.publisher)).status).toBe("published");
	});

	test("that readers have is not moved, hidden, renamed or removed by somebody who may not publish", async () => {
		const { id } = await desk.article({ tags: ["a"] });
		const { id: categoryId } = await desk.category();
		for (const fields of [{ visibility: "agents" }, { categoryId }, { tags: [] }, { slug: "other" }, { order: 77 }])
			expect(await refusal(update(id, fields, desk.as.agent))).toBe("403 forbidden");
		expect(await refusal(desk.call(deleteArticle, { id }, desk.as.agent))).toBe("403 forbidden");
		expect((await update(id, { body: "A draft.", tags: ["A"] }, desk.as.agent)).body).toBe("A draft.");
		const draft = await desk.article({ status: "draft" }, desk.as.agent);
		expect((await update(draft.id, { visibility: "agents", slug: "mine" }, desk.as.agent)).slug).toBe("mine");
		await desk.call(deleteArticle, { id: draft.id }, desk.as.agent);
		expect(await refusal(get(draft.id))).toBe("404 not_found");
	});

	test.each([
		["nothing to publish", { body: " \n" }, "/body"],
		["no title", { title: "  " }, "/title"],
		["a title that is too long", { title: "x".repeat(256) }, "/title"],
		["a text that is too long in bytes", { body: "ü".repeat(262_145) }, "/body"],
		["no such category", { categoryId: "nobody" }, "/categoryId"],
		["no language", { locale: "abcdefghi-x" }, "/locale"],
		["a bad tag", { tags: ["a b"] }, "/tags/0"],
	])("with %s is refused", async (_what, fields, pointer) => {
		const problem = await problemOf(desk.article(fields));
		expect([problem.code, problem.data.errors?.[0]?.pointer]).toEqual([422, pointer]);
	});

	test("takes 512 KB of text, measured in bytes", async () => {
		const { body } = await desk.article({ body: "ü".repeat(262_144) });
		expect(Buffer.byteLength(body)).toBe(524_288);
	});

	test("changes only in the version that the caller has seen", async () => {
		const { id, version } = await desk.article();
		await update(id, { body: "One." });
		const stale = await problemOf(update(id, { body: "Two.", ifVersion: version }));
		expect([stale.code, stale.data.headers?.ETag]).toEqual([412, '"v2"']);
		for (const contract of [publishArticle, archiveArticle, unpublishArticle, submitArticle, deleteArticle])
			expect(await refusal(desk.call(contract as typeof publishArticle, { id, ifVersion: 99 }, desk.as.owner))).toBe(
				"412 precondition_failed",
			);
	});

	test("is changed once by a command that is repeated", async () => {
		const { id } = await desk.article();
		const repeat = () =>
			desk.call(updateArticle, { id, body: "Once.", changeNote: "why" }, desk.as.owner, { commandId: `c ${id}` });
		const [first, second] = [await repeat(), await repeat()];
		expect(second).toEqual(first);
		expect((await get(id)).draftVersionNo).toBe(2);
	});

	test("is somebody else's where it is another tenant's", async () => {
		const { id, slug } = await desk.article();
		const { stranger } = desk.as;
		for (const call of [
			() => get(id, stranger),
			() => update(id, { body: "x" }, stranger),
			() => desk.call(publishArticle, { id }, stranger),
			() => desk.call(deleteArticle, { id }, stranger),
			() => desk.call(getArticleBySlug, { locale: "en", slug }, stranger),
		])
			expect(await refusal(call())).toBe("404 not_found");
	});
});

describe("the states of an article", () => {
	const steps = {
		submit: submitArticle,
		publish: publishArticle,
		unpublish: unpublishArticle,
		archive: archiveArticle,
		restore: restoreArticle,
	};

	test.each([
		["draft", "submit", "in_review"],
		["draft", "publish", "published"],
		["draft", "archive", "409 invalid_transition"],
		["in_review", "publish", "published"],
		["in_review", "archive", "409 invalid_transition"],
		["in_review", "restore", "409 invalid_transition"],
		["published", "submit", "409 invalid_transition"],
		["published", "unpublish", "draft"],
		["published", "archive", "archived"],
		["published", "restore", "409 invalid_transition"],
		["archived", "publish", "409 invalid_transition"],
		["archived", "submit", "409 invalid_transition"],
		["archived", "unpublish", "409 invalid_transition"],
		["archived", "restore", "draft"],
	] as const)("%s: %s leads to %s", async (from, step, to) => {
		const { id } = await desk.article({ status: from === "archived" ? "published" : from });
		if (from === "archived") await desk.call(archiveArticle, { id }, desk.as.owner);
		const taken = desk.call(steps[step], { id }, desk.as.owner).then(({ status }) => status);
		expect(await taken.catch(({ code, type }) => `${code} ${type}`)).toBe(to);
	});

	test("an archived or unpublished article is gone for readers and comes back as a draft", async () => {
		const { id, slug } = await desk.article();
		await desk.call(archiveArticle, { id }, desk.as.owner);
		expect(await refusal(get(id, desk.as.visitor))).toBe("404 not_found");
		expect(await refusal(desk.call(getArticleBySlug, { locale: "en", slug }, desk.as.customer))).toBe("404 not_found");
		expect(await desk.call(restoreArticle, { id }, desk.as.owner)).toMatchObject({
			status: "draft",
			publishedAt: null,
		});
		await desk.call(publishArticle, { id }, desk.as.owner);
		expect((await get(id, desk.as.visitor)).status).toBe("published");
	});

	test("publishing what is published already changes nothing", async () => {
		const { id, version, publishedAt } = await desk.article();
		desk.clock.advance(1000);
		expect(await desk.call(publishArticle, { id }, desk.as.owner)).toMatchObject({ version, publishedAt });
	});
});
