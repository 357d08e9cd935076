import { articleViewed } from "../../../contracts/knowledge-base-events.ts";
import { type Article, articleModel } from "../../../models/article.ts";
import { type ArticleDay, articleDayModel } from "../../../models/article-day.ts";
import { articleViewModel, type ViewMinute, viewMinuteModel } from "../../../models/article-view.ts";
import { recentVotesModel } from "../../../models/article-vote.ts";
import { queryDayModel, searchLogModel } from "../../../models/kb-search-log.ts";
import { kbSuggestionModel } from "../../../models/kb-suggestion.ts";
import { voteMoveModel } from "../../../models/vote-move.ts";
import type { Engagement } from "./engagement-store.ts";
import { ownCommand } from "./own-command.ts";

const MINUTE_MS = 60_000;
/** How long after its minute views are announced, ms: what was counted in it is committed by then. */
const GRACE_MS = 5000;
const BATCH = 100;

function byTenant<T extends { tenantId: string }>(rows: readonly T[]): Map<string, T[]> {
	const groups = new Map<string, T[]>();
	for (const row of rows) groups.set(row.tenantId, [...(groups.get(row.tenantId) ?? []), row]);
	return groups;
}

/**
 * Tells the world of the views of every minute that is over, one event for an article and language. Row and event are
 * one transaction: whatever is killed when, each view is told once.
 */
export async function announceViews(from: Engagement): Promise<void> {
	const { store, runtime } = from;
	const over = new Date(runtime.clock.now().getTime() - MINUTE_MS - GRACE_MS);
	for (;;) {
		const due = await store
			.model(viewMinuteModel)
			.find({ minute: { $lte: over } })
			.sort({ minute: 1 })
			.limit(BATCH)
			.lean<ViewMinute[]>();
		for (const [tenantId, rows] of byTenant(due)) await announce(from, tenantId, rows);
		if (due.length < BATCH) return;
	}
}

async function announce({ store }: Engagement, tenantId: string, rows: readonly ViewMinute[]): Promise<void> {
	await store.commit(ownCommand(tenantId), async (tx) => {
		const articles = await store
			.model(articleModel)
			.find({ _id: { $in: [...new Set(rows.map((row) => row.articleId))] }, tenantId })
			.session(tx.session)
			.lean<Article[]>();
		for (const { _id, articleId, locale, count, minute } of rows) {
			// Another process may have told of it.
			const { deletedCount } = await store.model(viewMinuteModel).deleteOne({ _id }, { session: tx.session });
			const article = articles.find((one) => one._id === articleId);
			if (deletedCount === 1 && article)
				await tx.emit(articleViewed, article, { locale, count, at: minute.toISOString() });
		}
	});
}

/** Takes the views of days that are 30 days ago out of their articles' `views30d`, each day once. */
export async function ageViews({ store, runtime }: Engagement): Promise<void> {
	const now = runtime.clock.now();
	const days = store.model(articleDayModel);
	for (;;) {
		const due = await days
			.find({ leavesAt: { $lte: now } })
			.sort({ leavesAt: 1 })
			.limit(BATCH)
			.lean<ArticleDay[]>();
		for (const [tenantId, rows] of byTenant(due))
			await store.commit(ownCommand(tenantId), async ({ session }) => {
				for (const { _id, articleId } of rows) {
					const day = await days
						.findOneAndUpdate({ _id, leavesAt: { $lte: now } }, { $unset: { leavesAt: 1 } }, { session })
						.lean<ArticleDay>();
					if (day)
						await store
							.model(articleModel)
							.updateOne({ _id: articleId, tenantId }, { $inc: { views30d: -day.views } }, { session });
				}
			});
		if (due.length < BATCH) return;
	}
}

const EXPIRING = [articleViewModel, recentVotesModel, searchLogModel, queryDayModel, kbSuggestionModel, voteMoveModel];

/** Removes what is kept for a while only. */
export async function removeExpired({ store, runtime }: Engagement): Promise<void> {
	const now = runtime.clock.now();
	for (const model of EXPIRING) {
		const rows = store.model(model as typeof articleViewModel);
		for (;;) {
			const expired = await rows
				.find({ expiresAt: { $lte: now } })
				.sort({ expiresAt: 1 })
				.limit(BATCH)
				.select({ _id: 1 })
				.lean<{ _id: string }[]>();
			// Still expired: a viewer may have come back meanwhile.
			if (expired.length > 0)
				await rows.deleteMany({ _id: { $in: expired.map((row) => row._id) }, expiresAt: { $lte: now } });
			if (expired.length < BATCH) break;
		}
	}
}
