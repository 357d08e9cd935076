import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ResultOf } from "../../../contracts/contract.ts";
import { listVotes, rateArticle, VOTE_LIST, withdrawRating } from "../../../contracts/knowledge-base-engagement.ts";
import { articleVoted } from "../../../contracts/knowledge-base-events.ts";
import { newId } from "../../../lib/ids.ts";
import { action, callerOf } from "../../../mixins/action.ts";
import { VersionConflict } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import { type Article, articleModel } from "../../../models/article.ts";
import { type ArticleVote, type RecentVotes, recentVotesModel, type VoteValue } from "../../../models/article-vote.ts";
import { countArticleDay } from "./day-counters.ts";
import { dayOf } from "./days.ts";
import type { Engagement } from "./engagement-store.ts";
import { admitVote, afterVote, commentOf, type VoteCounters, voteIn, voterKeyOf } from "./vote-rules.ts";
import { staffOnly, voteView } from "./vote-views.ts";

type Rated = ResultOf<typeof rateArticle>;

/** Whether the caller's votes are among the counters. */
const counts = (caller: TenantCaller) => caller.kind !== "user" || caller.tenant.settings.staffVotesCount;

/** Notes that the voter votes now, in the transaction of the vote, so that the limit holds over all processes. */
async function admit({ store }: Engagement, tx: Transaction, tenantId: string, voterKey: string): Promise<void> {
	const rows = store.model(recentVotesModel);
	const _id = `${tenantId} ${voterKey}`;
	const known = await rows.findById(_id).session(tx.session).lean<RecentVotes>();
	const { times, expiresAt } = admitVote(known?.times ?? [], tx.now);
	await rows.updateOne({ _id }, { $set: { tenantId, times, expiresAt } }, { upsert: true, session: tx.session });
}

export async function voteOf(
	{ votes }: Engagement,
	tx: Transaction,
	article: Pick<Article, "_id" | "tenantId">,
	voterKey: string,
) {
	const { tenantId, _id: articleId } = article;
	const [vote] = await votes.find({ tenantId }, { articleId, voterKey }, { limit: 1, tx });
	return vote ?? null;
}

/**
 * Brings the article's counters from one vote of a voter to another, where they differ in what counts: compare-and-set,
 * because the score is made of both. They are no edit: no new version.
 */
export async function countVote(
	from: Engagement,
	tx: Transaction,
	article: Article,
	before: ArticleVote | null,
	after: ArticleVote | null,
): Promise<VoteCounters> {
	const { helpfulCount, notHelpfulCount, score, tenantId, _id } = article;
	const counted = (vote: ArticleVote | null): VoteValue | null => (vote?.counted ? vote.value : null);
	const [previous, value] = [counted(before), counted(after)];
	await countOnDays(from, tx, before, after);
	if (previous === value) return { helpfulCount, notHelpfulCount, score };
	const counters = afterVote(article, previous, value);
	const { matchedCount } = await from.store
		.model(articleModel)
		.updateOne({ _id, tenantId, helpfulCount, notHelpfulCount }, { $set: counters }, { session: tx.session });
	if (matchedCount === 0) throw new VersionConflict(`somebody else voted on article ${_id}`);
	await tx.emit(articleVoted, article, {
		locale: (after ?? before)?.locale ?? article.defaultLocale,
		value,
		previous,
		helpfulCount: counters.helpfulCount,
		notHelpfulCount: counters.notHelpfulCount,
	});
	return counters;
}

/** A vote counts on the day on which it was last given, in the language in which the article was read then. */
async function countOnDays(from: Engagement, tx: Transaction, before: ArticleVote | null, after: ArticleVote | null) {
	const place = (vote: ArticleVote) => `${vote.day} ${vote.locale} ${vote.value} ${vote.counted}`;
	if (before && after && place(before) === place(after)) return;
	const move = async (vote: ArticleVote | null, by: 1 | -1) => {
		if (!vote?.counted) return;
		await countArticleDay(from, tx, vote, vote.value === "helpful" ? { helpful: by } : { notHelpful: by });
	};
	await move(before, -1);
	await move(after, 1);
}

function rated(article: Article, counters: VoteCounters, vote: ArticleVote | null): Rated {
	const { helpfulCount, notHelpfulCount, score } = counters;
	const own = vote && {
		value: vote.value,
		comment: vote.comment,
		locale: vote.locale,
		counted: vote.counted,
		at: vote.updatedAt.toISOString(),
	};
	return { id: article._id, viewCount: article.viewCount, helpfulCount, notHelpfulCount, score, vote: own };
}

export function voteActions(from: Engagement): Record<string, ActionSchema> {
	const { votes, store, turns } = from;
	return {
		rate: action(rateArticle, async (ctx) => {
			const caller = callerOf(ctx);
			const { id, locale: asked } = ctx.params;
			const { acceptLanguage } = ctx.meta;
			const [voterKey, value, words] = [voterKeyOf(caller), voteIn(ctx.params), commentOf(ctx.params.comment)];
			const { id: tenantId, timeZone } = caller.tenant;
			return turns.run(id, () =>
				store.commit(commandOf(ctx), async (tx) => {
					const { article, locale, versionNo } = await from.read(caller, id, { locale: asked, acceptLanguage }, tx);
					await admit(from, tx, tenantId, voterKey);
					const before = await voteOf(from, tx, article, voterKey);
					// A voter who only says the same again has not taken the words back.
					const comment = words === undefined ? (before?.value === value ? before.comment : null) : words;
					const given = { locale, versionNo, value, comment, commented: comment !== null, counted: counts(caller) };
					const day = dayOf(tx.now, timeZone);
					const after = before
						? await votes.update(tx, before, { ...before, ...given, day })
						: await votes.create(tx, { _id: newId(), tenantId, articleId: id, voterKey, ...given, day });
					return rated(article, await countVote(from, tx, article, before, after), after);
				}),
			);
		}),
		withdrawRating: action(withdrawRating, async (ctx) => {
			const caller = callerOf(ctx);
			const { id } = ctx.params;
			const voterKey = voterKeyOf(caller);
			return turns.run(id, () =>
				store.commit(commandOf(ctx), async (tx) => {
					const { article } = await from.read(caller, id, {}, tx);
					const before = await voteOf(from, tx, article, voterKey);
					if (before) await votes.remove(tx, before);
					return rated(article, await countVote(from, tx, article, before, null), null);
				}),
			);
		}),
		listVotes: action(listVotes, async (ctx) => {
			const caller = callerOf(ctx);
			staffOnly(caller);
			const { id, ...params } = ctx.params;
			await from.read(caller, id, {});
			const scope = { tenantId: caller.tenant.id, filter: { articleId: id } };
			const { data, page } = await votes.list(scope, VOTE_LIST, params);
			return { data: data.map((vote) => voteView(vote, caller)), page };
		}),
	};
}
