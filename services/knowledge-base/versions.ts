import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import {
	diffVersions,
	getVersion,
	listVersions,
	restoreVersion,
	VERSION_LIST,
} from "../../contracts/knowledge-base-translations.ts";
import type { ListParams } from "../../lib/list-query.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { notFound } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf } from "../../mixins/store.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import type { ArticleVersion } from "../../models/article-version.ts";
import { articleScope, mayPublish } from "./access.ts";
import { meantLocale, settle } from "./change-article.ts";
import { openDossier, translationsOf, withTranslation } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { wishesOf } from "./locales.ts";
import { keepCaller, namesOf } from "./people.ts";
import { rerendered, shownIn } from "./reading.ts";
import { diffTexts } from "./version-diff.ts";
import { versionItem, versionView } from "./views.ts";
import { editTranslation, upToDate, versionOf } from "./write-text.ts";

/** The number in a path, or 0 for what is none: no version has that. */
const numberOf = (text: string): number => (/^[1-9]\d{0,8}$/.test(text) ? Number(text) : 0);

/** The language whose versions are meant. Throws 404 where the article is not there in it. */
async function translationMeant(
	ctx: CallContext<{ id: string }>,
	kb: KnowledgeBase,
	caller: TenantCaller,
	asked: string | undefined,
): Promise<ArticleTranslation> {
	const article = await kb.articles.require(articleScope(caller), ctx.params.id);
	const translations = await translationsOf(kb, article);
	if (asked === undefined) {
		const shown = shownIn(article, translations, wishesOf(caller, ctx.meta.acceptLanguage), "draft");
		if (shown) return shown.translation;
	}
	const found = translations.find((one) => one.locale === canonicalLocale(asked ?? ""));
	if (!found) throw notFound("translation");
	return found;
}

async function list(
	ctx: CallContext<ParamsOf<typeof listVersions>>,
	kb: KnowledgeBase,
): Promise<ResultOf<typeof listVersions>> {
	const { id: _id, ...params } = ctx.params;
	const caller = callerOf(ctx);
	const { locale: asked, ...filter } = params.filter ?? {};
	const { articleId, locale, tenantId } = await translationMeant(ctx, kb, caller, asked?.eq as string | undefined);
	const scope = { tenantId, filter: { articleId, locale } };
	const page = await kb.versions.list(scope, VERSION_LIST, { ...params, filter } as ListParams);
	const names = await namesOf(
		kb,
		tenantId,
		page.data.map((version) => version.editorId),
	);
	return { ...page, data: page.data.map((version) => versionItem(version, names)) };
}

async function show(kb: KnowledgeBase, version: ArticleVersion): Promise<ResultOf<typeof getVersion>> {
	return versionView(await rerendered(kb, version), await namesOf(kb, version.tenantId, [version.editorId]));
}

async function diff(
	ctx: CallContext<ParamsOf<typeof diffVersions>>,
	kb: KnowledgeBase,
): Promise<ResultOf<typeof diffVersions>> {
	const { a, b, locale: asked } = ctx.params;
	const translation = await translationMeant(ctx, kb, callerOf(ctx), asked);
	const [from, to] = await Promise.all([a, b].map((text) => versionOf(kb, translation, numberOf(text))));
	if (!from || !to) throw notFound("version");
	const named = (version: ArticleVersion) => ({ name: `version ${version.versionNo}`, text: version.bodyMarkdown });
	return {
		...{ articleId: translation.articleId, locale: translation.locale, from: from.versionNo, to: to.versionNo },
		...diffTexts(named(from), named(to)),
		title: { from: from.title, to: to.title },
		summary: { from: from.summary, to: to.summary },
	};
}

async function restore(
	ctx: CallContext<ParamsOf<typeof restoreVersion>>,
	kb: KnowledgeBase,
): Promise<ResultOf<typeof restoreVersion>> {
	const caller = callerOf(ctx);
	const { id, n, locale: asked, ifVersion } = ctx.params;
	const wishes = wishesOf(caller, ctx.meta.acceptLanguage);
	return kb.store.commit(commandOf(ctx), async (tx) => {
		const before = await openDossier(kb, tx, articleScope(caller), id);
		checkVersion(before.article, ifVersion);
		const translation = meantLocale(before, asked, wishes);
		const old = upToDate(await versionOf(kb, translation, numberOf(n), tx));
		await keepCaller(kb, tx, caller);
		const { title, summary, bodyMarkdown: body, rendered } = old;
		const changeNote = `Version ${old.versionNo} restored`;
		const editing = { editorId: caller.id, now: tx.now, changeNote, publishes: mayPublish(caller) };
		const edited = await editTranslation(kb, tx, translation, { input: { title, summary, body }, rendered, editing });
		const saved = await settle(kb, tx, before, withTranslation(before, edited), translation.locale);
		const newest = await versionOf(kb, edited, edited.draftVersionNo, tx);
		return versionView(newest, await namesOf(kb, saved.article.tenantId, [newest.editorId], tx));
	});
}

export function versionActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		listVersions: action(listVersions, (ctx) => list(ctx, kb)),
		getVersion: action(getVersion, async (ctx) => {
			const translation = await translationMeant(ctx, kb, callerOf(ctx), ctx.params.locale);
			return show(kb, await versionOf(kb, translation, numberOf(ctx.params.n)));
		}),
		diffVersions: action(diffVersions, (ctx) => diff(ctx, kb)),
		restoreVersion: action(restoreVersion, (ctx) => restore(ctx, kb)),
	};
}
