import type { ArticleVote } from "./article-vote.ts";
import { defineRows } from "./model.ts";

/** A vote that a merge of customers has moved or dropped, so that it can come back. `_id` is merge and vote. */
export interface VoteMove {
	_id: string;
	tenantId: string;
	mergeId: string;
	articleId: string;
	voteId: string;
	/** the vote as it was, where the survivor had one of its own on the article; null where it was moved */
	dropped: Pick<ArticleVote, "locale" | "value" | "comment" | "versionNo" | "counted" | "day"> | null;
	fromKey: string;
	toKey: string;
	expiresAt: Date;
}

const text = { type: String, required: true };

export const voteMoveModel = defineRows<VoteMove>(
	"vote_moves",
	{
		tenantId: text,
		mergeId: text,
		articleId: text,
		voteId: text,
		dropped: { type: Object, default: null },
		fromKey: text,
		toKey: text,
		expiresAt: { type: Date, required: true },
	},
	[
		[{ tenantId: 1, mergeId: 1, _id: 1 }, {}],
		[{ expiresAt: 1 }, {}],
	],
);
