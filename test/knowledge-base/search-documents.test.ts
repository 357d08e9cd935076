import { archiveArticle, deleteArticle, updateArticle } from "../../contracts/knowledge-base.ts";
import { putTranslation } from "../../contracts/knowledge-base-translations.ts";
import { articleDocuments } from "../../contracts/search-documents.ts";
import { articleVersionModel } from "../../models/article-version.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk } from "./desk.ts";

let desk: KnowledgeBaseDesk;
beforeAll(async () => {
	desk = await knowledgeBaseDesk();
}, 30_000);
afterAll(() => desk?.stop());

const documents = (ids: string[], tenantId = desk.home.id) => desk.call(articleDocuments.byIds, { tenantId, ids });

test("hold what readers have in each language, and never a draft", async () => {
	const parent = await desk.category({ visibility: "customers" });
	const category = await desk.category({ parentId: parent.id });
	const { id } = await desk.article({
		...{ title: "Refunds", summary: "Money back", body: "Intro.\n\n## How\n\nAsk us.", tags: ["money"] },
		categoryId: category.id,
	});
	const translate = (locale: string, fields: object) =>
		desk.call(putTranslation, { id, locale, ...fields } as never, desk.as.owner);
	await translate("de", { title: "Erstattung", body: "Deutsch.", status: "published" });
	await translate("fr", { title: "Secret", body: "Secret." });
	await desk.call(updateArticle, { id, locale: "en", title: "Secret", body: "Secret." }, desk.as.owner);
	const found = await documents([id, "nobody"]);
	expect(found).toHaveLength(2);
	expect(JSON.stringify(found)).not.toContain("Secret");
	expect(found.find(({ locale }) => locale === "en")).toMatchObject({
		...{ id, tenantId: desk.home.id, version: 4, gone: false, defaultLocale: "en", visibility: "customers" },
		...{ categoryId: category.id, categoryIds: [parent.id, category.id], title: "Refunds", summary: "Money back" },
		...{ tags: ["money"], views30d: 0, wilson: 0 },
		sections: [
			{ heading: null, anchor: null, text: "Intro." },
			{ heading: "How", anchor: expect.any(String), text: "Ask us." },
		],
	});
	expect(await documents([id], desk.as.stranger.tenant?.id)).toEqual([]);
	await desk.call(archiveArticle, { id }, desk.as.owner);
	expect(await documents([id])).toMatchObject([{ id, gone: true, sections: [] }]);
	await desk.call(deleteArticle, { id }, desk.as.owner);
	expect(await documents([id])).toEqual([]);
});

test("come page by page, every article once", async () => {
	const made = [];
	for (let i = 0; i < 5; i++) made.push((await desk.article()).id);
	const theirs = await desk.article({}, desk.as.stranger);
	const found: string[] = [];
	let after: string | null = null;
	do {
		const page: { documents: { id: string }[]; next: string | null } = await desk.call(articleDocuments.page, {
			after,
			limit: 2,
		});
		found.push(...page.documents.map(({ id }) => id));
		after = page.next;
	} while (after !== null);
	expect(found).toEqual([...new Set(found)].sort());
	expect(found).toEqual(expect.arrayContaining([...made, theirs.id]));
});

test("and readers get what the present renderer makes of a text", async () => {
	const { id } = await desk.article({ body: "New **text**." });
	const connection = await desk.runtime.openConnection("knowledge-base");
	const versions = connection.collection(articleVersionModel.name);
	const stale = { bodyHtml: "old", headings: [], plainText: "old", sections: [] };
	await versions.updateOne(
		{ tenantId: desk.home.id, articleId: id },
		{ $set: { rendered: stale, rendererVersion: 0 } },
	);
	expect((await documents([id]))[0]?.sections).toEqual([{ heading: null, anchor: null, text: "New text." }]);
	const kept = await versions.findOne({ tenantId: desk.home.id, articleId: id });
	expect(kept).toMatchObject({ rendererVersion: expect.any(Number), rendered: { plainText: "New text." } });
	await connection.close();
});
