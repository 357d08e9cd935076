import { createHmac } from "node:crypto";
import type { ActionSchema } from "moleculer";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import { eraseVoter, prepareVotes } from "../../../contracts/customer-erasure.ts";
import { action, type CallContext } from "../../../mixins/action.ts";
import { commandOf } from "../../../mixins/store.ts";
import { articleViewModel } from "../../../models/article-view.ts";
import { articleVoteModel, recentVotesModel } from "../../../models/article-vote.ts";
import { kbSuggestionModel } from "../../../models/kb-suggestion.ts";
import type { Engagement } from "./engagement-store.ts";

/** Votes of one transaction. */
const CHUNK = 100;

const keysOf = (people: readonly { id: string }[]) => people.map(({ id }) => `c:${id}`);

/** Forgets whose some of the votes were, and what was said with them. No counter moves, so nothing is told. */
async function eraseSome(
	ctx: CallContext<ParamsOf<typeof eraseVoter>>,
	{ store, votes }: Engagement,
): Promise<ResultOf<typeof eraseVoter>> {
	const { tenantId, people } = ctx.params;
	const keys = keysOf(people);
	return store.commit(commandOf(ctx, tenantId), async (tx) => {
		const { session } = tx;
		const some = await votes.find({ tenantId }, { voterKey: { $in: keys } }, { limit: CHUNK, tx });
		let comments = 0;
		for (const vote of some) {
			if (vote.comment !== null) comments++;
			// Another one for each vote, so that not even that they were one person's is left.
			const digest = createHmac("sha256", store.secret).update(`erased ${vote._id}`).digest("base64url");
			await votes.update(tx, vote, { ...vote, voterKey: `e:${digest}`, comment: null, commented: false });
		}
		const done = { votes: some.length, comments, traces: 0, more: some.length === CHUNK };
		if (done.more) return done;
		const recent = await store
			.model(recentVotesModel)
			.deleteMany({ _id: { $in: keys.map((key) => `${tenantId} ${key}`) } }, { session });
		const views = await store
			.model(articleViewModel)
			.deleteMany({ tenantId, viewerKey: { $in: keys } } as never, { session });
		const suggestions = await store
			.model(kbSuggestionModel)
			.updateMany({ tenantId, madeFor: { $in: keys } } as never, { $set: { madeFor: "e:" } }, { session });
		const traces = recent.deletedCount + views.deletedCount + suggestions.modifiedCount;
		return { ...done, traces };
	});
}

/** How the knowledge base takes part in erasing a person. */
export function erasureActions(from: Engagement): Record<string, ActionSchema> {
	return {
		prepareErasure: action(prepareVotes, async ({ params: { tenantId, people } }) => {
			const theirs = { tenantId, voterKey: { $in: keysOf(people) } };
			const rows = from.store.model(articleVoteModel);
			const found = await rows.find(theirs).select("commented").lean<{ commented: boolean }[]>();
			return { votes: found.length, comments: found.filter(({ commented }) => commented).length };
		}),
		eraseVoter: action(eraseVoter, (ctx) => eraseSome(ctx, from)),
	};
}
