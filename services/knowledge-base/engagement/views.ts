import type { ActionSchema } from "moleculer";
import { recordView } from "../../../contracts/knowledge-base-engagement.ts";
import { action, callerOf } from "../../../mixins/action.ts";
import type { Transaction } from "../../../mixins/store.ts";
import { type Article, articleModel } from "../../../models/article.ts";
import { type ArticleView, articleViewModel, viewMinuteModel } from "../../../models/article-view.ts";
import { countArticleDay } from "./day-counters.ts";
import { dayOf } from "./days.ts";
import type { Engagement } from "./engagement-store.ts";
import { InBatches } from "./in-batches.ts";
import { ownCommand } from "./own-command.ts";
import { countBy, minuteOf, VIEW_WINDOW_MS, type View, viewKey, viewsToCount } from "./view-rules.ts";

/** A view in the time zone of its tenant. */
interface ZonedView extends View {
	timeZone: string;
}

/** Which views of one tenant count, each noted with all that counts it: none of that ever knows more than the rest. */
async function write(from: Engagement, tenantId: string, views: readonly ZonedView[]): Promise<boolean[]> {
	return from.store.commit(ownCommand(tenantId), async (tx) => {
		const counted = await whichCount(from, tx, tenantId, views);
		const fresh = views.filter((_, index) => counted[index]);
		for (const view of fresh) await beginHalfHour(from, tx, tenantId, view);
		await countOnArticles(from, tx, tenantId, fresh);
		await countOnDays(from, tx, tenantId, fresh);
		return counted;
	});
}

async function whichCount({ store }: Engagement, tx: Transaction, tenantId: string, views: readonly ZonedView[]) {
	const rowId = (view: View) => `${tenantId} ${viewKey(view)}`;
	const rows = await store
		.model(articleViewModel)
		.find({ _id: { $in: [...new Set(views.map(rowId))] } })
		.session(tx.session)
		.lean<ArticleView[]>();
	const articles = await store
		.model(articleModel)
		.find({ _id: { $in: [...new Set(views.map((view) => view.articleId))] }, tenantId })
		.session(tx.session)
		.lean<Article[]>();
	const since = new Map(rows.map((row) => [row._id, row.bucket]));
	const known = new Set(articles.map((article) => article._id));
	return viewsToCount(
		views,
		(id) => known.has(id),
		(view) => since.get(rowId(view)),
		tx.now,
	);
}

async function beginHalfHour({ store }: Engagement, tx: Transaction, tenantId: string, view: View): Promise<void> {
	const { articleId, viewerKey } = view;
	const expiresAt = new Date(tx.now.getTime() + VIEW_WINDOW_MS);
	await store
		.model(articleViewModel)
		.updateOne(
			{ _id: `${tenantId} ${viewKey(view)}` },
			{ $set: { tenantId, articleId, viewerKey, bucket: tx.now, expiresAt } },
			{ upsert: true, session: tx.session },
		);
}

/** No new version: nobody edits an article by reading it. */
async function countOnArticles({ store }: Engagement, tx: Transaction, tenantId: string, views: readonly View[]) {
	for (const [_id, by] of countBy(views, (view) => view.articleId))
		await store
			.model(articleModel)
			.updateOne({ _id, tenantId }, { $inc: { viewCount: by, views30d: by } }, { session: tx.session });
}

async function countOnDays(from: Engagement, tx: Transaction, tenantId: string, views: readonly ZonedView[]) {
	const minute = minuteOf(tx.now);
	const minutes = from.store.model(viewMinuteModel);
	const places = countBy(views, ({ articleId, locale, timeZone }) => `${articleId} ${locale} ${timeZone}`);
	for (const [place, by] of places) {
		const [articleId = "", locale = "", timeZone = ""] = place.split(" ");
		const day = dayOf(tx.now, timeZone);
		await countArticleDay(from, tx, { tenantId, articleId, locale, day }, { views: by });
		await minutes.updateOne(
			{ _id: `${tenantId} ${articleId} ${locale} ${minute.toISOString()}` },
			{ $inc: { count: by }, $setOnInsert: { tenantId, articleId, locale, minute } },
			{ upsert: true, session: tx.session },
		);
	}
}

export function viewActions(from: Engagement): Record<string, ActionSchema> {
	const views = new InBatches<ZonedView, boolean>((tenantId, batch) => write(from, tenantId, batch));
	from.store.onStop(() => views.idle());
	return {
		recordView: action(recordView, async (ctx) => {
			const { kind, tenant } = callerOf(ctx);
			if (kind !== "customer" && kind !== "anonymous") return { counted: false };
			const counted = await views.add(tenant.id, { ...ctx.params, timeZone: tenant.timeZone });
			return { counted: counted ?? false };
		}),
	};
}
