import { getArticle, getArticleBySlug, publishArticle, updateArticle } from "../../contracts/knowledge-base.ts";
import { articlesByIds } from "../../contracts/knowledge-base-internal.ts";
import {
	deleteTranslation,
	getTranslation,
	listTranslations,
	putTranslation,
} from "../../contracts/knowledge-base-translations.ts";
import { type KnowledgeBaseDesk, knowledgeBaseDesk, problemOf, refusal } from "./desk.ts";

let desk: KnowledgeBaseDesk;
beforeAll(async () => {
	desk = await knowledgeBaseDesk();
}, 30_000);
afterAll(() => desk?.stop());

const translate = (id: string, locale: string, fields: object, caller = desk.as.owner) =>
	desk.call(putTranslation, { id, locale, ...fields } as never, caller);
const get = (id: string, caller = desk.as.visitor, params: object = {}, acceptLanguage?: string) =>
	desk.call(getArticle, { id, ...params }, caller, acceptLanguage ? { acceptLanguage } : {});

/** Published in English and German, with a French draft. */
async function multilingual() {
	const article = await desk.article({ title: "Refunds", body: "English." });
	await translate(article.id, "de", { title: "Erstattung", body: "Deutsch.", status: "published" });
	await translate(article.id, "fr", { title: "Remboursement", body: "Français." });
	return article.id;
}

describe("the language of an article", () => {
	test.each([
		["asked for", { locale: "de" }, "en", "de", false],
		["asked for in a region", { locale: "de-AT" }, undefined, "de", false],
		["asked for and not there", { locale: "ja" }, "de", "de", true],
		["of Accept-Language", {}, "ja, de-CH;q=0.8, en;q=0.5", "de", false],
		["of Accept-Language, not there", {}, "ja", "en", true],
		["of the tenant", {}, undefined, "en", false],
		["that readers do not have", { locale: "fr" }, undefined, "en", true],
	])("is the one %s", async (_what, params, acceptLanguage, locale, isFallback) => {
		const id = await multilingual();
		expect(await get(id, desk.as.visitor, params, acceptLanguage)).toMatchObject({
			locale,
			isFallback,
			availableLocales: ["de", "en"],
			title: locale === "de" ? "Erstattung" : "Refunds",
		});
	});

	test("is the person's own where nothing is asked for", async () => {
		const id = await multilingual();
		const caller = { ...desk.as.viewer, locale: "de-AT" };
		expect((await get(id, caller)).locale).toBe("de");
		expect((await get(id, caller, {}, "en")).locale).toBe("en");
	});

	test("is always there when it is among the available ones, for everybody", async () => {
		const id = await multilingual();
		for (const caller of [desk.as.visitor, desk.as.viewer, desk.as.owner])
			for (const locale of (await get(id, caller)).availableLocales) {
				expect(await get(id, caller, { locale }, "ja")).toMatchObject({ locale, isFallback: false });
				expect((await desk.call(getTranslation, { id, locale }, caller)).locale).toBe(locale);
			}
		expect((await get(id, desk.as.owner)).availableLocales).toEqual(["de", "en", "fr"]);
	});

	test("of an article that is in one language only is that one", async () => {
		const { id } = await desk.article({ locale: "de-at", title: "Nur hier" });
		expect(await get(id, desk.as.visitor, {}, "ja")).toMatchObject({
			locale: "de-AT",
			isFallback: true,
			defaultLocale: "de-AT",
		});
		expect(await get(id, desk.as.visitor, { locale: "de-AT" })).toMatchObject({ isFallback: false });
	});
});

describe("a translation", () => {
	test("has a slug, a status and versions of its own, under the article's version", async () => {
		const { id } = await desk.article({ title: "Own name" });
		await translate(id, "de", { title: "Eigener Name", body: "Deutsch.", status: "published" });
		await translate(id, "fr", { title: "Own name", body: "Français." });
		const { data } = await desk.call(listTranslations, { id }, desk.as.owner);
		expect(data.map(({ locale, status, slug, version }) => [locale, status, slug, version])).toEqual([
			["de", "published", "eigener-name", 3],
			["en", "published", "own-name", 3],
			["fr", "draft", "own-name", 3],
		]);
		const bySlug = (locale: string, slug: string) => desk.call(getArticleBySlug, { locale, slug }, desk.as.visitor);
		expect((await bySlug("de", "eigener-name")).body).toBe("Deutsch.");
		for (const [locale, slug] of [
			["en", "eigener-name"],
			["fr", "own-name"],
			["!", "x"],
		] as const)
			expect(await refusal(bySlug(locale, slug))).toBe("404 not_found");
	});

	test("that is a draft is nobody's but theirs who write", async () => {
		const id = await multilingual();
		for (const caller of [desk.as.visitor, desk.as.customer, desk.as.viewer]) {
			expect(await refusal(desk.call(getTranslation, { id, locale: "fr" }, caller))).toBe("404 not_found");
			const { data } = await desk.call(listTranslations, { id }, caller);
			expect(data.map(({ locale }) => locale)).toEqual(["de", "en"]);
			expect(
				await desk.call(articlesByIds, { items: [{ id, locale: "fr" }, { id, locale: "de" }, { id }] }, caller),
			).toMatchObject([{ locale: "de" }, { locale: "en" }]);
		}
		expect((await desk.call(getTranslation, { id, locale: "fr" }, desk.as.agent)).body).toBe("Français.");
	});

	test("is outdated when the article is published again in its own language, until it is published itself", async () => {
		const id = await multilingual();
		const outdated = async () => {
			const { data } = await desk.call(listTranslations, { id }, desk.as.owner);
			return data.filter((one) => one.outdated).map((one) => one.locale);
		};
		expect(await outdated()).toEqual([]);
		await desk.call(updateArticle, { id, locale: "en", body: "Better." }, desk.as.owner);
		expect(await outdated()).toEqual([]);
		await desk.call(publishArticle, { id, locale: "en" }, desk.as.owner);
		expect(await outdated()).toEqual(["de", "fr"]);
		await translate(id, "de", { body: "Besser.", status: "published" });
		expect(await outdated()).toEqual(["fr"]);
	});

	test("needs a title, a language and the permission to be published", async () => {
		const { id } = await desk.article();
		expect((await problemOf(translate(id, "de", { body: "x" }))).data.errors?.[0]?.pointer).toBe("/title");
		expect((await problemOf(translate(id, "de", { title: "x", status: "published" }))).data.errors?.[0]?.pointer).toBe(
			"/body",
		);
		expect(await refusal(translate(id, "x".repeat(40), { title: "x" }))).toBe("404 not_found");
		expect(await refusal(translate(id, "de", { title: "x", body: "x", status: "published" }, desk.as.agent))).toBe(
			"403 forbidden",
		);
		expect(await refusal(desk.call(getTranslation, { id, locale: "de" }, desk.as.owner))).toBe("404 not_found");
		const problem = await problemOf(desk.call(updateArticle, { id, locale: "de", body: "x" }, desk.as.owner));
		expect([problem.code, problem.data.errors?.[0]?.pointer]).toEqual([422, "/locale"]);
	});

	test("goes with its versions and slugs; the article's own language stays", async () => {
		const id = await multilingual();
		const { slug } = await desk.call(getTranslation, { id, locale: "de" }, desk.as.owner);
		const remove = (locale: string, caller = desk.as.owner) => desk.call(deleteTranslation, { id, locale }, caller);
		expect(await refusal(remove("en"))).toBe("409 default_locale");
		expect(await refusal(remove("de", desk.as.agent))).toBe("403 forbidden");
		await remove("fr", desk.as.agent);
		await remove("de");
		expect(await get(id, desk.as.visitor, { locale: "de" })).toMatchObject({ locale: "en", availableLocales: ["en"] });
		expect((await desk.article({ locale: "de", slug })).slug).toBe(slug);
		const events = await desk.eventsOf(id, 6);
		expect(events.at(-1)).toMatchObject({
			type: "article.unpublished",
			data: { locale: "de", publishedLocales: ["en"] },
		});
	});
});
