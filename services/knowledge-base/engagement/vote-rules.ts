import type { TenantCaller } from "../../../contracts/caller.ts";
import { forbidden, invalidField, Problem } from "../../../lib/problem.ts";
import type { VoteValue } from "../../../models/article-vote.ts";
import { wilsonLowerBound } from "./wilson.ts";

/** The part of an article that votes move. */
export interface VoteCounters {
	helpfulCount: number;
	notHelpfulCount: number;
	score: number;
}

const PER_WINDOW = 10;
const WINDOW_MS = 60_000;
const MAX_COMMENT = 2000;

/**
 * Who votes, told apart from all others of the tenant.
 * @throws 403 for programs, and for visitors who cannot be told apart
 */
export function voterKeyOf(caller: TenantCaller): string {
	if (caller.kind === "user") return `u:${caller.id}`;
	if (caller.kind === "customer") return `c:${caller.id}`;
	if (caller.kind === "anonymous" && caller.visitorKey) return `a:${caller.visitorKey}`;
	throw forbidden("Only people vote, and only those that can be told apart.");
}

/** The vote in a body, in its present or its older form. @throws 422 where there is none, or two that differ */
export function voteIn(body: { value?: VoteValue; helpful?: boolean }): VoteValue {
	const { value, helpful } = body;
	const older = helpful === undefined ? undefined : helpful ? "helpful" : "not_helpful";
	const vote = value ?? older;
	if (vote === undefined) throw invalidField("/value", "Say helpful or not_helpful.", "required");
	if (older !== undefined && older !== vote) throw invalidField("/helpful", "value and helpful say different things.");
	return vote as VoteValue;
}

/**
 * A comment as it is kept: trimmed, null where nothing is left, undefined where the body names none.
 * @throws 422 for more than 2,000 characters
 */
export function commentOf(text: string | null | undefined): string | null | undefined {
	if (text === undefined) return undefined;
	const comment = (text ?? "").toWellFormed().trim();
	if ([...comment].length > MAX_COMMENT)
		throw invalidField("/comment", `A comment has at most ${MAX_COMMENT} characters.`, "maxLength");
	return comment === "" ? null : comment;
}

/** The counters when one voter's counted vote becomes another (null: none). */
export function afterVote(
	counters: { helpfulCount: number; notHelpfulCount: number },
	before: VoteValue | null,
	after: VoteValue | null,
): VoteCounters {
	const moved = (value: VoteValue) => (after === value ? 1 : 0) - (before === value ? 1 : 0);
	const helpfulCount = counters.helpfulCount + moved("helpful");
	const notHelpfulCount = counters.notHelpfulCount + moved("not_helpful");
	return { helpfulCount, notHelpfulCount, score: wilsonLowerBound(helpfulCount, notHelpfulCount) };
}

/**
 * The times of a voter's votes of the last minute with a new one, where it may be given.
 * @throws 429 `rate_limited` with `Retry-After` (seconds) for the 11th within a minute
 */
export function admitVote(times: readonly Date[], now: Date): { times: Date[]; expiresAt: Date } {
	const recent = times.filter((time) => now.getTime() - time.getTime() < WINDOW_MS);
	const oldest = recent.at(-PER_WINDOW);
	if (oldest) {
		const wait = Math.max(1, Math.ceil((oldest.getTime() + WINDOW_MS - now.getTime()) / 1000));
		throw new Problem(429, "rate_limited", `At most ${PER_WINDOW} votes a minute. Try again in ${wait} s.`, {
			headers: { "Retry-After": String(wait) },
		});
	}
	return { times: [...recent, now], expiresAt: new Date(now.getTime() + WINDOW_MS) };
}
