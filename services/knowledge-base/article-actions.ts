import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import {
	archiveArticle,
	deleteArticle,
	publishArticle,
	restoreArticle,
	submitArticle,
	unpublishArticle,
} from "../../contracts/knowledge-base.ts";
import { articleDeleted } from "../../contracts/knowledge-base-events.ts";
import { Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import { articleVersionModel } from "../../models/article-version.ts";
import { articleScope, mustPublish } from "./access.ts";
import { type Step, statusAfter } from "./article-states.ts";
import { changeArticle, meantLocale, takeStep } from "./change-article.ts";
import { articleData, type Dossier, openDossier, withTranslation } from "./dossier.ts";
import { forgetArticle } from "./engagement/forget-article.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { publicationOf } from "./publications.ts";
import { releaseSlugs } from "./slugs.ts";
import type { ArticleView } from "./views.ts";
import { planPublication } from "./write-text.ts";

function publishNowOrLater(ctx: CallContext<ParamsOf<typeof publishArticle>>, kb: KnowledgeBase): Promise<ArticleView> {
	const caller = callerOf(ctx);
	const { locale: named, publishAt } = ctx.params;
	const at = publishAt ? new Date(publishAt) : null;
	return changeArticle(ctx, kb, async (tx, before, wishes) => {
		const translation = meantLocale(before, named, wishes);
		const { locale } = translation;
		mustPublish(caller);
		if (at === null || at <= tx.now)
			return { after: await takeStep(kb, tx, before, { locale, step: "publish", caller }), locale };
		return { after: withTranslation(before, await planPublication(kb, tx, translation, at)), locale };
	});
}

/**
 * The languages in which a step is taken when none is named: all where it leads anywhere. Where it leads nowhere in any,
 * the one that is shown, so that the refusal says why.
 */
function languagesFor(dossier: Dossier, step: Step, shown: ArticleTranslation): ArticleTranslation[] {
	const moving = dossier.translations.filter((one) => {
		const status = statusAfter(one.status, step);
		return status !== null && (status !== one.status || one.publishAt !== null);
	});
	return moving.length > 0 ? moving : [shown];
}

function stepIn(
	ctx: CallContext<{ id: string; locale?: string; ifVersion?: number }>,
	kb: KnowledgeBase,
	step: Step,
	everywhere: boolean,
): Promise<ArticleView> {
	const caller = callerOf(ctx);
	const { locale: named } = ctx.params;
	return changeArticle(ctx, kb, async (tx, before, wishes) => {
		const shown = meantLocale(before, named, wishes);
		const chosen = everywhere && named === undefined ? languagesFor(before, step, shown) : [shown];
		let after = before;
		for (const { locale } of chosen) after = await takeStep(kb, tx, after, { locale, step, caller });
		return { after, locale: shown.locale };
	});
}

/** Everything that belongs to an article goes with it. */
async function removeAll(kb: KnowledgeBase, tx: Transaction, { article, translations }: Dossier): Promise<void> {
	const { _id: articleId, tenantId } = article;
	const { session } = tx;
	await kb.articles.remove(tx, article);
	for (const translation of translations) await kb.translations.remove(tx, translation);
	await kb.store.model(articleVersionModel).deleteMany({ tenantId, articleId }, { session });
	for (const translation of translations) await kb.timers.cancel(tx, publicationOf(translation));
	await releaseSlugs(kb, tx, article);
	await forgetArticle(kb, tx, articleId);
	await tx.emit(articleDeleted, { ...article, version: article.version + 1 }, articleData(article, null));
}

async function remove(ctx: CallContext<ParamsOf<typeof deleteArticle>>, kb: KnowledgeBase): Promise<null> {
	const caller = callerOf(ctx);
	const { id, ifVersion } = ctx.params;
	return kb.store.commit(commandOf(ctx), async (tx) => {
		const dossier = await openDossier(kb, tx, articleScope(caller), id);
		checkVersion(dossier.article, ifVersion);
		// Readers have it, or had it once: its public version counted on.
		if (dossier.article.publishedAt !== null || dossier.article.publicVersion > 1) mustPublish(caller);
		await removeAll(kb, tx, dossier);
		return null;
	});
}

/** Throws 409 for the article's own language, which goes only with the article. */
export function checkRemovable(dossier: Dossier, locale: string): void {
	if (locale === dossier.article.defaultLocale)
		throw new Problem(409, "default_locale", "This is the article's own language: remove the article instead.");
}

export function articleActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		publishArticle: action(publishArticle, (ctx) => publishNowOrLater(ctx, kb)),
		submitArticle: action(submitArticle, (ctx) => stepIn(ctx, kb, "submit", false)),
		unpublishArticle: action(unpublishArticle, (ctx) => stepIn(ctx, kb, "unpublish", true)),
		archiveArticle: action(archiveArticle, (ctx) => stepIn(ctx, kb, "archive", true)),
		restoreArticle: action(restoreArticle, (ctx) => stepIn(ctx, kb, "restore", true)),
		deleteArticle: action(deleteArticle, (ctx) => remove(ctx, kb)),
	};
}
