import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../../contracts/contract.ts";
import { moveVotes, moveVotesBack, UNMERGE_MS } from "../../../contracts/customer-merge.ts";
import { newId } from "../../../lib/ids.ts";
import { action } from "../../../mixins/action.ts";
import { VersionConflict } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import { type ArticleVote, articleVoteModel } from "../../../models/article-vote.ts";
import { type VoteMove, voteMoveModel } from "../../../models/vote-move.ts";
import type { Engagement } from "./engagement-store.ts";
import { countVote, voteOf } from "./votes.ts";

/** How many votes are moved in one transaction. */
const CHUNK = 100;
/** A little longer than a merge can be undone, ms. */
const KEEP_MS = UNMERGE_MS + 3600 * 1000;

type Hand = ParamsOf<typeof moveVotes>;

const keyOf = (customerId: string) => `c:${customerId}`;

/** Gives a vote to somebody else. When it was given stays. */
async function giveTo({ store }: Engagement, tx: Transaction, vote: ArticleVote, voterKey: string): Promise<void> {
	const { _id, tenantId, version } = vote;
	const { matchedCount } = await store
		.model(articleVoteModel)
		.updateOne({ _id, tenantId, version }, { $set: { voterKey }, $inc: { version: 1 } }, { session: tx.session });
	if (matchedCount === 0) throw new VersionConflict(`vote ${_id} changed meanwhile`);
}

async function note(from: Engagement, tx: Transaction, hand: Hand, vote: ArticleVote, isDropped: boolean) {
	const { tenantId, mergeId, fromId, toId } = hand;
	const { locale, value, comment, versionNo, counted, day, articleId } = vote;
	const fields: Omit<VoteMove, "_id"> = {
		...{ tenantId, mergeId, articleId, voteId: vote._id },
		dropped: isDropped ? { locale, value, comment, versionNo, counted, day } : null,
		...{ fromKey: keyOf(fromId), toKey: keyOf(toId) },
		expiresAt: new Date(tx.now.getTime() + KEEP_MS),
	};
	const _id = `${mergeId} ${vote._id}`;
	await from.store.model(voteMoveModel).updateOne({ _id }, { $set: fields }, { upsert: true, session: tx.session });
}

async function moveOne(from: Engagement, tx: Transaction, hand: Hand, vote: ArticleVote): Promise<void> {
	const { tenantId, articleId } = vote;
	const toKey = keyOf(hand.toId);
	const own = await voteOf(from, tx, { _id: articleId, tenantId }, toKey);
	await note(from, tx, hand, vote, own !== null);
	if (!own) return giveTo(from, tx, vote, toKey);
	await from.votes.remove(tx, vote);
	const article = await from.articles.get({ tenantId }, articleId, tx);
	if (article) await countVote(from, tx, article, vote, null);
}

async function move(from: Engagement, tx: Transaction, hand: Hand): Promise<{ done: boolean }> {
	const { tenantId, fromId } = hand;
	const options = { sort: { _id: 1 } as const, limit: CHUNK, tx };
	const votes = await from.votes.find({ tenantId }, { voterKey: keyOf(fromId) }, options);
	for (const vote of votes) await moveOne(from, tx, hand, vote);
	return { done: votes.length < CHUNK };
}

/** Brings one vote back, unless its voter or the article is gone, or has voted anew. */
async function moveOneBack(from: Engagement, tx: Transaction, moved: VoteMove): Promise<void> {
	const { tenantId, articleId, voteId: _id, dropped, fromKey, toKey } = moved;
	const article = await from.articles.get({ tenantId }, articleId, tx);
	if (!article || (await voteOf(from, tx, article, fromKey))) return;
	if (!dropped) {
		const vote = await from.votes.get({ tenantId }, _id, tx);
		if (vote?.voterKey === toKey) await giveTo(from, tx, vote, fromKey);
		return;
	}
	const fields = { ...dropped, articleId, voterKey: fromKey, commented: dropped.comment !== null };
	const vote = await from.votes.create(tx, { _id: newId(), tenantId, ...fields });
	await countVote(from, tx, article, null, vote);
}

async function moveBack(from: Engagement, tx: Transaction, { tenantId, mergeId }: Hand): Promise<{ done: boolean }> {
	const rows = from.store.model(voteMoveModel);
	const moves = await rows
		.find({ tenantId, mergeId })
		.sort({ _id: 1 })
		.limit(CHUNK)
		.session(tx.session)
		.lean<VoteMove[]>();
	for (const moved of moves) await moveOneBack(from, tx, moved);
	await rows.deleteMany({ _id: { $in: moves.map(({ _id }) => _id) } }, { session: tx.session });
	return { done: moves.length < CHUNK };
}

/** The knowledge base's part in merging two customers. */
export function customerMergeActions(from: Engagement): Record<string, ActionSchema> {
	const { store } = from;
	return {
		moveVotesForMerge: action(moveVotes, (ctx) =>
			store.commit(commandOf(ctx, ctx.params.tenantId), (tx) => move(from, tx, ctx.params)),
		),
		moveVotesBackFromMerge: action(moveVotesBack, (ctx) =>
			store.commit(commandOf(ctx, ctx.params.tenantId), (tx) => moveBack(from, tx, ctx.params)),
		),
	};
}
