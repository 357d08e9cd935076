import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import type { EventContract } from "../../contracts/event-contract.ts";
import { updateArticle } from "../../contracts/knowledge-base.ts";
import {
	articleArchived,
	articlePublished,
	articleUnpublished,
	articleUpdated,
} from "../../contracts/knowledge-base-events.ts";
import { invalidField, notFound } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Article, ArticleStatus } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import { articleScope, mayPublish, mustPublish } from "./access.ts";
import { afterStep, checkStep, needsPublishing, type Step, stepTo } from "./article-states.ts";
import { articleData, type Dossier, inLocale, openDossier, saveDossier, withTranslation } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { localeAt, type Wishes, wishesOf } from "./locales.ts";
import { keepCaller, keepOwner, ownerOf } from "./people.ts";
import { lastPlace, placeArticle } from "./placement.ts";
import { showArticle, shownIn } from "./reading.ts";
import type { ArticleView, Shown } from "./views.ts";
import { editTranslation, publish, writingOf } from "./write-text.ts";

/** What becomes of an article, and in which language it is answered. */
export interface Outcome {
	after: Dossier;
	locale: string;
}

/**
 * The language that a request means: the one it names, which the article has to be in, else the one in which the article
 * is shown to the caller. Throws 422 at `/locale`.
 */
export function meantLocale(dossier: Dossier, named: string | undefined, wishes: Wishes): ArticleTranslation {
	if (named !== undefined) {
		const locale = localeAt("/locale", named);
		const found = inLocale(dossier, locale);
		if (!found) throw invalidField("/locale", `The article is not there in ${locale}.`, "unknown");
		return found;
	}
	const shown = shownIn(dossier.article, dossier.translations, wishes, "draft");
	if (!shown) throw notFound("article");
	return shown.translation;
}

/** The events that a change of one language makes. */
function eventOf(before: ArticleTranslation | undefined, after: ArticleTranslation): EventContract | null {
	const read = after.published !== null;
	if (read && before?.publishedVersionNo !== after.publishedVersionNo) return articlePublished as EventContract;
	if (after.status === "archived" && before?.status !== "archived") return articleArchived as EventContract;
	if (!read && before && before.published !== null) return articleUnpublished as EventContract;
	return null;
}

/** Tells what changed: publications and the like of each language, and one update for everything else. */
async function tell(tx: Transaction, before: Dossier, after: Dossier, locale: string | null): Promise<void> {
	if (after.article.version === before.article.version) return;
	let told = false;
	for (const translation of after.translations) {
		const previous = before.translations.find((one) => one._id === translation._id);
		const event = eventOf(previous, translation);
		if (!event) continue;
		told = true;
		await tx.emit(event, after.article, articleData(after.article, translation, "published"));
	}
	for (const gone of before.translations)
		if (gone.published !== null && !inLocale(after, gone.locale)) {
			told = true;
			await tx.emit(articleUnpublished, after.article, articleData(after.article, gone, "published"));
		}
	const subject = locale === null ? null : (inLocale(after, locale) ?? null);
	if (!told) await tx.emit(articleUpdated, after.article, articleData(after.article, subject));
}

/** Writes what became of an article and tells others. */
export async function settle(
	kb: KnowledgeBase,
	tx: Transaction,
	before: Dossier,
	after: Dossier,
	locale: string | null,
): Promise<Dossier> {
	const saved = await saveDossier(kb, tx, before, after);
	await tell(tx, before, saved, locale);
	return saved;
}

/** Changes an article that the caller may see, under its `If-Match`, and answers it in the language that was meant. */
export async function changeArticle(
	ctx: CallContext<{ id: string; ifVersion?: number }>,
	kb: KnowledgeBase,
	work: (tx: Transaction, dossier: Dossier, wishes: Wishes) => Promise<Outcome>,
): Promise<ArticleView> {
	const caller = callerOf(ctx);
	const { id, ifVersion } = ctx.params;
	const wishes = wishesOf(caller, ctx.meta.acceptLanguage);
	return kb.store.commit(commandOf(ctx), async (tx) => {
		const before = await openDossier(kb, tx, articleScope(caller), id);
		checkVersion(before.article, ifVersion);
		await keepCaller(kb, tx, caller);
		const { after, locale } = await work(tx, before, wishes);
		const { article, translations } = await settle(kb, tx, before, after, locale);
		const shown = shownIn(article, translations, { ...wishes, asked: locale }, "draft") as Shown;
		return showArticle(kb, { ...shown, article }, tx);
	});
}

type Input = Omit<ParamsOf<typeof updateArticle>, "id" | "ifVersion">;

/** What a request changes of the article as a whole. */
async function patchFields(kb: KnowledgeBase, tx: Transaction, before: Article, input: Input): Promise<Article> {
	const { categoryId = before.categoryId, visibility = before.visibility } = input;
	const moved = categoryId !== before.categoryId;
	const placed =
		moved || visibility !== before.visibility ? await placeArticle(kb, tx, { categoryId, visibility }) : {};
	const order = input.order ?? (moved ? await lastPlace(kb, tx, categoryId) : before.order);
	const { reviewDueAt, tags, ownerId = before.ownerId } = input;
	return {
		...before,
		...placed,
		...{ order, ownerId },
		...(tags === undefined ? {} : { tags: normalizeTags(tags ?? []) }),
		...(reviewDueAt === undefined ? {} : { reviewDueAt: reviewDueAt === null ? null : new Date(reviewDueAt) }),
	};
}

const AT_ONCE = ["categoryId", "visibility", "order"] as const;

/** Throws 403 where somebody who may not publish would change what readers have. */
function checkAtOnce(caller: TenantCaller, before: Dossier, after: Dossier): void {
	if (mayPublish(caller) || before.article.publishedLocales.length === 0) return;
	const tags = after.article.tags.join() !== before.article.tags.join();
	const slugs = before.translations.some(
		(one) => one.published !== null && inLocale(after, one.locale)?.slug !== one.slug,
	);
	if (tags || slugs || AT_ONCE.some((field) => before.article[field] !== after.article[field])) mustPublish(caller);
}

/** One language after a step. Throws 403, 409 and 422. */
export async function takeStep(
	kb: KnowledgeBase,
	tx: Transaction,
	dossier: Dossier,
	{ locale, step, caller }: { locale: string; step: Step; caller: TenantCaller },
): Promise<Dossier> {
	const before = inLocale(dossier, locale);
	if (!before) throw notFound("translation");
	if (needsPublishing(step)) mustPublish(caller);
	checkStep(before, step);
	return step === "publish"
		? publish(kb, tx, dossier, locale)
		: withTranslation(dossier, afterStep(before, step, tx.now));
}

/** The text that a request names in one language, and the status, as a dossier after them. */
export async function writeLanguage(
	kb: KnowledgeBase,
	tx: Transaction,
	before: Dossier,
	of: {
		locale: string;
		writing: ReturnType<typeof writingOf>;
		status: ArticleStatus | undefined;
		caller: TenantCaller;
	},
): Promise<Dossier> {
	const { locale, writing, status, caller } = of;
	const translation = inLocale(before, locale);
	if (!translation) throw notFound("translation");
	const edited = withTranslation(before, await editTranslation(kb, tx, translation, writing));
	checkAtOnce(caller, before, edited);
	const step = status === undefined ? null : stepTo(translation.status, status);
	return step === null ? edited : takeStep(kb, tx, edited, { locale, step, caller });
}

/** The part of a request that is text, as it is written by this caller. */
export function textWriting(kb: KnowledgeBase, caller: TenantCaller, input: Input): ReturnType<typeof writingOf> {
	const { title, body, summary, slug, changeNote } = input;
	const given = Object.entries({ title, body, summary, slug }).filter(([, value]) => value !== undefined);
	const editing = { editorId: caller.id, changeNote: changeNote?.trim() || null, publishes: mayPublish(caller) };
	return writingOf(Object.fromEntries(given), { ...editing, now: kb.runtime.clock.now() });
}

async function update(ctx: CallContext<ParamsOf<typeof updateArticle>>, kb: KnowledgeBase): Promise<ArticleView> {
	const caller = callerOf(ctx);
	const { id: _id, ifVersion: _version, ...input } = ctx.params;
	const owner = await ownerOf(ctx, caller.tenant.id, input.ownerId);
	const writing = textWriting(kb, caller, input);
	return changeArticle(ctx, kb, async (tx, before, wishes) => {
		await keepOwner(kb, tx, owner);
		const { locale } = meantLocale(before, input.locale, wishes);
		const patched = { ...before, article: await patchFields(kb, tx, before.article, input) };
		checkAtOnce(caller, before, patched);
		return { after: await writeLanguage(kb, tx, patched, { locale, writing, status: input.status, caller }), locale };
	});
}

export function changeActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return { updateArticle: action(updateArticle, (ctx) => update(ctx, kb)) };
}
