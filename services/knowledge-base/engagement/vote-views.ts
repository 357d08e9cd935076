import { may, type TenantCaller } from "../../../contracts/caller.ts";
import type { ResultOf } from "../../../contracts/contract.ts";
import type { listVotes } from "../../../contracts/knowledge-base-engagement.ts";
import { forbidden } from "../../../lib/problem.ts";
import type { ArticleVote } from "../../../models/article-vote.ts";

/** Throws 403 for customers and visitors. */
export function staffOnly(caller: TenantCaller): void {
	if (caller.kind === "customer" || caller.kind === "anonymous") throw forbidden("This is for the people of the desk.");
}

const KINDS = { u: "user", c: "customer", a: "visitor" } as const;

/** A vote as the desk reads it. Who sees no personal data is not told which customer it was. */
export function voteView(vote: ArticleVote, caller: TenantCaller): ResultOf<typeof listVotes>["data"][number] {
	const type = KINDS[vote.voterKey[0] as keyof typeof KINDS] ?? "visitor";
	const named = type === "user" || (type === "customer" && may(caller, "customers.pii"));
	return {
		id: vote._id,
		articleId: vote.articleId,
		locale: vote.locale,
		versionNo: vote.versionNo,
		value: vote.value,
		comment: vote.comment,
		counted: vote.counted,
		voter: { type, id: named ? vote.voterKey.slice(2) : null },
		at: vote.updatedAt.toISOString(),
		createdAt: vote.createdAt.toISOString(),
	};
}
