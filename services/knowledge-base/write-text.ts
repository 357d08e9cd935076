import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Article } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import type { ArticleVersion, RenderedBody } from "../../models/article-version.ts";
import { afterPublishing, checkStep } from "./article-states.ts";
import { type Dossier, inLocale, withTranslation } from "./dossier.ts";
import { type ArticleText, checkPublishable, type Editing, patchText, savedAs, type TextInput } from "./drafts.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { claimSlug, orStartOver, shortId } from "./slugs.ts";
import { RENDERER_VERSION, render } from "./text/render.ts";
import { slugOf } from "./text/slug.ts";

/** What a request writes in one language, and how. */
export interface Writing {
	input: TextInput & { slug?: string };
	/** of the body that the request names, made before the transaction; null where it names none */
	rendered: RenderedBody | null;
	editing: Editing;
}

/** Renders what a request writes, once for all attempts to save it. */
export function writingOf(input: Writing["input"], editing: Editing): Writing {
	// Checked first: a text that is too long is not worth rendering.
	if (input.body !== undefined) patchText(null, { title: "-", body: input.body });
	return { input, rendered: input.body === undefined ? null : render(input.body), editing };
}

type Owner = Pick<Article, "_id" | "tenantId">;

/** The version of a translation with this number. Throws 404. */
export async function versionOf(
	{ versions }: KnowledgeBase,
	{ tenantId, articleId, locale }: Pick<ArticleTranslation, "tenantId" | "articleId" | "locale">,
	versionNo: number,
	tx?: Transaction,
): Promise<ArticleVersion> {
	const where = { articleId, locale, versionNo };
	const [version] = await versions.find({ tenantId }, where, { limit: 1, ...(tx ? { tx } : {}) });
	if (!version) throw new Problem(404, "not_found", "There is no such version.");
	return version;
}

function addVersion(
	{ versions }: KnowledgeBase,
	tx: Transaction,
	{ _id: articleId, tenantId }: Owner,
	fields: { locale: string; versionNo: number; text: ArticleText; rendered: RenderedBody; editing: Editing },
): Promise<ArticleVersion> {
	const { locale, versionNo, text, rendered, editing } = fields;
	const { editorId, changeNote } = editing;
	return orStartOver(
		versions.create(tx, {
			...{ _id: newId(), tenantId, articleId, locale, versionNo, ...text },
			...{ rendered, rendererVersion: RENDERER_VERSION, editorId, changeNote, publishedAt: null },
		}),
	);
}

/** Makes an article in a language that it is not in yet, as a draft. Throws 422 where there is no title. */
export async function addTranslation(
	kb: KnowledgeBase,
	tx: Transaction,
	article: Owner,
	locale: string,
	{ input, rendered, editing }: Writing,
): Promise<ArticleTranslation> {
	const text = patchText(null, input);
	const slug = await claimSlug(kb, tx, article, locale, input.slug ?? text.title);
	const made = rendered ?? render(text.bodyMarkdown);
	await addVersion(kb, tx, article, { locale, versionNo: 1, text, rendered: made, editing });
	const { _id: articleId, tenantId } = article;
	return orStartOver(
		kb.translations.create(tx, {
			...{ _id: newId(), tenantId, articleId, locale, slug, slugChosen: input.slug !== undefined },
			...{ status: "draft", publishAt: null, publishVersionNo: null, publishedAt: null, archivedAt: null },
			...{ publishedVersionNo: null, draftVersionNo: 1, saves: 1, outdated: false, published: null },
			draft: { title: text.title, summary: text.summary },
		}),
	);
}

/** The slug that a translation has after an edit: the one chosen, or one that follows the title while nobody reads it. */
async function slugAfter(
	kb: KnowledgeBase,
	tx: Transaction,
	{ articleId, tenantId, locale, slug, slugChosen, ...before }: ArticleTranslation,
	{ chosen, title }: { chosen: string | undefined; title: string },
): Promise<Pick<ArticleTranslation, "slug" | "slugChosen">> {
	const article = { _id: articleId, tenantId };
	if (chosen !== undefined)
		return chosen === slug
			? { slug, slugChosen: true }
			: { slug: await claimSlug(kb, tx, article, locale, chosen), slugChosen: true };
	const known = (before.published ?? before.draft).title;
	if (slugChosen || slugOf(known, shortId(articleId)) === slugOf(title, shortId(articleId)))
		return { slug, slugChosen };
	return { slug: await claimSlug(kb, tx, article, locale, title), slugChosen };
}

/**
 * Saves a draft: writes its version and returns the translation as it shall be. Throws 422 for a text that cannot be
 * kept, or that is planned to be published and empty.
 */
export async function editTranslation(
	kb: KnowledgeBase,
	tx: Transaction,
	before: ArticleTranslation,
	{ input, rendered, editing }: Writing,
): Promise<ArticleTranslation> {
	const newest = await versionOf(kb, before, before.draftVersionNo, tx);
	const text = patchText(newest, input);
	const unread = before.published === null;
	const chosen = input.slug;
	const slug = chosen !== undefined || unread ? await slugAfter(kb, tx, before, { chosen, title: text.title }) : {};
	const saved = savedAs(before, newest, text, editing);
	if (saved === "nothing") return { ...before, ...slug };
	const body = rendered ? { rendered, rendererVersion: RENDERER_VERSION } : {};
	if (saved === "same version") await kb.versions.update(tx, newest, { ...newest, ...text, ...body });
	const versionNo = saved === "same version" ? newest.versionNo : newest.versionNo + 1;
	const owner = { _id: before.articleId, tenantId: before.tenantId };
	if (saved === "new version")
		await addVersion(kb, tx, owner, {
			...{ locale: before.locale, versionNo, text, editing },
			rendered: rendered ?? upToDate(newest).rendered,
		});
	const planned = before.publishVersionNo !== null && editing.publishes ? versionNo : before.publishVersionNo;
	if (planned === versionNo) checkPublishable(text);
	const draft = { title: text.title, summary: text.summary };
	return { ...before, ...slug, draft, draftVersionNo: versionNo, saves: before.saves + 1, publishVersionNo: planned };
}

/** A version as the present renderer shows it. */
export function upToDate(version: ArticleVersion): ArticleVersion {
	if (version.rendererVersion >= RENDERER_VERSION) return version;
	return { ...version, rendered: render(version.bodyMarkdown), rendererVersion: RENDERER_VERSION };
}

/** Plans a publication of the newest version. Throws 409 `invalid_transition`, 422 where there is nothing to publish. */
export async function planPublication(
	kb: KnowledgeBase,
	tx: Transaction,
	before: ArticleTranslation,
	publishAt: Date,
): Promise<ArticleTranslation> {
	checkStep(before, "publish");
	checkPublishable(await versionOf(kb, before, before.draftVersionNo, tx));
	return { ...before, publishAt, publishVersionNo: before.draftVersionNo };
}

/**
 * An article whose version in one language readers have from now on. Published again in the article's own language, it
 * leaves its translations outdated. Throws 409 `invalid_transition`, 422 where there is nothing to publish.
 */
export async function publish(
	kb: KnowledgeBase,
	tx: Transaction,
	dossier: Dossier,
	locale: string,
	versionNo?: number,
): Promise<Dossier> {
	const before = inLocale(dossier, locale);
	if (!before) throw new Problem(404, "not_found", "There is no such translation.");
	checkStep(before, "publish");
	const version = await versionOf(kb, before, versionNo ?? before.draftVersionNo, tx);
	checkPublishable(version);
	const after = afterPublishing(before, version, tx.now);
	if (after.publishedVersionNo === before.publishedVersionNo && before.status === "published")
		return withTranslation(dossier, after);
	if (version.publishedAt === null) await kb.versions.update(tx, version, { ...version, publishedAt: tx.now });
	Object.assign(after, await slugAfter(kb, tx, before, { chosen: undefined, title: version.title }));
	const again = locale === dossier.article.defaultLocale && before.published !== null;
	const { article, translations } = withTranslation(dossier, after);
	return {
		article,
		translations: translations.map((one) => (again && one !== after ? { ...one, outdated: true } : one)),
	};
}
