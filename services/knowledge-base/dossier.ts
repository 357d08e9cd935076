import type { DataOf } from "../../contracts/event-contract.ts";
import type { articleUpdated } from "../../contracts/knowledge-base-events.ts";
import type { Scope } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Article } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import { derived, isPublicChange } from "./article-record.ts";
import { type KnowledgeBase, MAX_LOCALES } from "./knowledge-base-store.ts";
import { placeOf, publicationOf } from "./publications.ts";

/** An article with all its languages: what is changed and written together, under the article's version. */
export interface Dossier {
	article: Article;
	translations: readonly ArticleTranslation[];
}

export function translationsOf(
	{ translations }: KnowledgeBase,
	{ tenantId, _id }: Pick<Article, "tenantId" | "_id">,
	tx?: Transaction,
): Promise<ArticleTranslation[]> {
	return translations.find({ tenantId }, { articleId: _id }, { limit: MAX_LOCALES, ...(tx ? { tx } : {}) });
}

/** An article with its languages, as it is in the transaction. Throws 404 where it is not in the scope. */
export async function openDossier(kb: KnowledgeBase, tx: Transaction, scope: Scope, id: string): Promise<Dossier> {
	const article = await kb.articles.require(scope, id, tx);
	return { article, translations: await translationsOf(kb, article, tx) };
}

/** The article in this language, or undefined. */
export function inLocale({ translations }: Dossier, locale: string): ArticleTranslation | undefined {
	return translations.find((one) => one.locale === locale);
}

/** The dossier with one language as it shall be. */
export function withTranslation({ article, translations }: Dossier, changed: ArticleTranslation): Dossier {
	return { article, translations: translations.map((one) => (one._id === changed._id ? changed : one)) };
}

/** Keeps the timer in line with what is planned for a translation. */
async function keepSchedule(
	{ timers }: KnowledgeBase,
	tx: Transaction,
	before: ArticleTranslation | undefined,
	after: ArticleTranslation | null,
): Promise<void> {
	const planned = after?.publishAt ?? null;
	if ((before?.publishAt?.getTime() ?? null) === (planned?.getTime() ?? null)) return;
	const of = after ?? before;
	if (!of) return;
	if (planned) await timers.set(tx, publicationOf(of), planned, placeOf(of));
	else await timers.cancel(tx, publicationOf(of));
}

/**
 * Writes a changed article with its languages. Its version counts up with whatever changed in any of them; where nothing
 * did it comes back as it was. A language that is new has been added before, one that is missing removed.
 */
export async function saveDossier(
	kb: KnowledgeBase,
	tx: Transaction,
	before: Dossier,
	after: Dossier,
): Promise<Dossier> {
	const translations: ArticleTranslation[] = [];
	let edited = false;
	for (const next of after.translations) {
		const previous = before.translations.find((one) => one._id === next._id);
		const stored = previous ?? (await kb.translations.require(tx.command, next._id, tx));
		const saved = await kb.translations.update(tx, stored, next);
		edited ||= saved !== previous;
		await keepSchedule(kb, tx, previous, saved);
		translations.push(saved);
	}
	for (const gone of before.translations)
		if (!after.translations.some((one) => one._id === gone._id)) {
			edited = true;
			await keepSchedule(kb, tx, gone, null);
		}
	const next = { ...after.article, ...derived(after.article, translations) };
	if (edited) next.edits = before.article.edits + 1;
	if (isPublicChange(before, { article: next, translations })) {
		next.publicVersion = before.article.publicVersion + 1;
		next.publicUpdatedAt = tx.now;
	}
	return { article: await kb.articles.update(tx, before.article, next), translations };
}

/** An article as events tell it, in one of its languages or as a whole. */
export function articleData(
	article: Article,
	translation: ArticleTranslation | null,
	what: "draft" | "published" = "draft",
): DataOf<typeof articleUpdated> {
	const head = what === "published" ? (translation?.published ?? translation?.draft) : translation?.draft;
	const { categoryId, effectiveVisibility, authorId, defaultLocale, publishedLocales } = article;
	const versionNo = what === "published" ? translation?.publishedVersionNo : translation?.draftVersionNo;
	return {
		locale: translation?.locale ?? null,
		versionNo: versionNo ?? translation?.draftVersionNo ?? null,
		title: head?.title ?? null,
		slug: translation?.slug ?? null,
		categoryId,
		visibility: effectiveVisibility,
		authorId,
		defaultLocale,
		publishedLocales,
	};
}
