import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import {
	deleteTranslation,
	getTranslation,
	listTranslations,
	putTranslation,
} from "../../contracts/knowledge-base-translations.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { invalidField, notFound } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf } from "../../mixins/store.ts";
import { articleVersionModel } from "../../models/article-version.ts";
import { articleScope, mustPublish } from "./access.ts";
import { checkRemovable } from "./article-actions.ts";
import { settle, takeStep, textWriting, writeLanguage } from "./change-article.ts";
import { inLocale, openDossier, translationsOf } from "./dossier.ts";
import { type KnowledgeBase, MAX_LOCALES } from "./knowledge-base-store.ts";
import { keepCaller } from "./people.ts";
import { layerFor, onLayer, textOf } from "./reading.ts";
import { releaseSlugs } from "./slugs.ts";
import { type TranslationView, translationItem, translationView } from "./views.ts";
import { addTranslation } from "./write-text.ts";

/** The language that a path names, as it is kept. Throws 404 for what is none. */
function localeOfPath(text: string): string {
	const locale = canonicalLocale(text);
	if (locale === null) throw notFound("translation");
	return locale;
}

async function show(ctx: CallContext<ParamsOf<typeof getTranslation>>, kb: KnowledgeBase): Promise<TranslationView> {
	const caller = callerOf(ctx);
	const article = await kb.articles.require(articleScope(caller), ctx.params.id);
	const layer = layerFor(caller);
	const locale = localeOfPath(ctx.params.locale);
	const found = onLayer(await translationsOf(kb, article), layer).find((one) => one.locale === locale);
	if (!found) throw notFound("translation");
	return translationView(article, found, await textOf(kb, { translation: found, layer }), layer);
}

async function put(ctx: CallContext<ParamsOf<typeof putTranslation>>, kb: KnowledgeBase): Promise<TranslationView> {
	const caller = callerOf(ctx);
	const { id, locale: path, ifVersion, status, ...input } = ctx.params;
	const writing = textWriting(kb, caller, input);
	return kb.store.commit(commandOf(ctx), async (tx) => {
		const before = await openDossier(kb, tx, articleScope(caller), id);
		checkVersion(before.article, ifVersion);
		const locale = localeOfPath(path);
		await keepCaller(kb, tx, caller);
		let after = before;
		if (inLocale(before, locale)) after = await writeLanguage(kb, tx, before, { locale, writing, status, caller });
		else {
			if (before.translations.length >= MAX_LOCALES)
				throw invalidField("/locale", `An article has at most ${MAX_LOCALES} languages.`, "maxItems");
			const made = await addTranslation(kb, tx, before.article, locale, writing);
			after = { ...before, translations: [...before.translations, made] };
			if (status === "in_review") after = await takeStep(kb, tx, after, { locale, step: "submit", caller });
			if (status === "published") after = await takeStep(kb, tx, after, { locale, step: "publish", caller });
		}
		const saved = await settle(kb, tx, before, after, locale);
		const translation = inLocale(saved, locale);
		if (!translation) throw notFound("translation");
		return translationView(saved.article, translation, await textOf(kb, { translation, layer: "draft" }, tx), "draft");
	});
}

async function remove(ctx: CallContext<ParamsOf<typeof deleteTranslation>>, kb: KnowledgeBase): Promise<null> {
	const caller = callerOf(ctx);
	const { id, locale: path, ifVersion } = ctx.params;
	return kb.store.commit(commandOf(ctx), async (tx) => {
		const before = await openDossier(kb, tx, articleScope(caller), id);
		checkVersion(before.article, ifVersion);
		const locale = localeOfPath(path);
		const gone = inLocale(before, locale);
		if (!gone) throw notFound("translation");
		checkRemovable(before, locale);
		if (gone.status === "published" || gone.status === "archived") mustPublish(caller);
		await kb.translations.remove(tx, gone);
		const { tenantId, articleId } = gone;
		await kb.store.model(articleVersionModel).deleteMany({ tenantId, articleId, locale }, { session: tx.session });
		await releaseSlugs(kb, tx, before.article, locale);
		const translations = before.translations.filter((one) => one !== gone);
		await settle(kb, tx, before, { ...before, translations }, null);
		return null;
	});
}

export function translationActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		listTranslations: action(listTranslations, async (ctx) => {
			const caller = callerOf(ctx);
			const article = await kb.articles.require(articleScope(caller), ctx.params.id);
			const layer = layerFor(caller);
			const found = onLayer(await translationsOf(kb, article), layer);
			return { data: found.map((one) => translationItem(article, one, layer)) };
		}),
		getTranslation: action(getTranslation, (ctx) => show(ctx, kb)),
		putTranslation: action(putTranslation, (ctx) => put(ctx, kb)),
		deleteTranslation: action(deleteTranslation, (ctx) => remove(ctx, kb)),
	};
}
