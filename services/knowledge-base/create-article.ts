import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { createArticle } from "../../contracts/knowledge-base.ts";
import { articleCreated, articlePublished } from "../../contracts/knowledge-base-events.ts";
import { newId } from "../../lib/ids.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Article } from "../../models/article.ts";
import { mayPublish, mustPublish } from "./access.ts";
import { derived } from "./article-record.ts";
import { afterStep } from "./article-states.ts";
import { articleData, type Dossier, inLocale, withTranslation } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { localeAt } from "./locales.ts";
import { keepCaller, keepOwner, ownerOf } from "./people.ts";
import { lastPlace, placeArticle } from "./placement.ts";
import { showArticle } from "./reading.ts";
import type { ArticleView } from "./views.ts";
import { addTranslation, publish, type Writing, writingOf } from "./write-text.ts";

type Input = ParamsOf<typeof createArticle>;

/** Counters begin at nothing; everything derived follows with the first translation. */
const NEW = { viewCount: 0, views30d: 0, helpfulCount: 0, notHelpfulCount: 0, score: 0, edits: 0, publicVersion: 1 };

async function make(
	kb: KnowledgeBase,
	tx: Transaction,
	input: Input,
	of: { authorId: string; locale: string; writing: Writing },
): Promise<Dossier> {
	const { authorId, locale, writing } = of;
	const { tenantId } = tx.command;
	const { categoryId = null, visibility = "public", status = "draft" } = input;
	const place = await placeArticle(kb, tx, { categoryId, visibility });
	const identity = { _id: newId(), tenantId };
	const translation = await addTranslation(kb, tx, identity, locale, writing);
	const fields = {
		...identity,
		...NEW,
		...place,
		order: input.order ?? (await lastPlace(kb, tx, categoryId)),
		...{ authorId, ownerId: input.ownerId ?? authorId, defaultLocale: locale },
		tags: normalizeTags(input.tags ?? []),
		reviewDueAt: input.reviewDueAt ? new Date(input.reviewDueAt) : null,
		publicUpdatedAt: tx.now,
	};
	const draft: Dossier = { article: fields as unknown as Article, translations: [translation] };
	const after =
		status === "published"
			? await publish(kb, tx, draft, locale)
			: status === "in_review"
				? withTranslation(draft, afterStep(translation, "submit", tx.now))
				: draft;
	const next = inLocale(after, locale);
	const saved = next && next !== translation ? await kb.translations.update(tx, translation, next) : translation;
	const article = await kb.articles.create(tx, { ...fields, ...derived(fields, [saved]) });
	await tx.emit(articleCreated, article, articleData(article, saved));
	if (saved.published) await tx.emit(articlePublished, article, articleData(article, saved, "published"));
	return { article, translations: [saved] };
}

async function create(ctx: CallContext<Input>, kb: KnowledgeBase): Promise<ArticleView> {
	const caller = callerOf(ctx);
	const { params } = ctx;
	if (params.status === "published") mustPublish(caller);
	const locale = localeAt("/locale", params.locale ?? caller.tenant.locale);
	const owner = await ownerOf(ctx, caller.tenant.id, params.ownerId);
	const { title, body, summary, slug, changeNote } = params;
	const text = { title, body, ...(summary === undefined ? {} : { summary }), ...(slug === undefined ? {} : { slug }) };
	const writing = writingOf(text, {
		editorId: caller.id,
		now: kb.runtime.clock.now(),
		changeNote: changeNote ?? null,
		publishes: mayPublish(caller),
	});
	return kb.store.commit(commandOf(ctx), async (tx) => {
		await keepCaller(kb, tx, caller);
		await keepOwner(kb, tx, owner);
		const { article, translations } = await make(kb, tx, params, { authorId: caller.id, locale, writing });
		const [translation] = translations;
		if (!translation) throw new Error("an article was made without a language");
		return showArticle(kb, { article, translation, isFallback: false, layer: "draft", writes: true }, tx);
	});
}

export function createActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return { createArticle: action(createArticle, (ctx) => create(ctx, kb)) };
}
