import { isProblem } from "../lib/problem.ts";

/** How long is waited for a service that is away before it is asked again, ms. */
export const ASK_AGAIN_MS = 5000;

/** When a service that is away is asked again. */
export const askAgainAt = (now: Date) => new Date(now.getTime() + ASK_AGAIN_MS);

/** Whether a call failed because nobody was there to answer it, or not in time: what it should do may be done or not. */
export function isAway(error: unknown): boolean {
	if (isProblem(error)) return error.code === 503 || error.code === 504;
	const { retryable, code } = error as { retryable?: unknown; code?: unknown };
	return retryable === true && code !== 500;
}

/** Whether a participant says that it will not, however often it is asked. */
export function isRefusal(error: unknown): error is Error {
	return isProblem(error) && error.code < 500 && error.code !== 429 && error.type !== "conflict";
}
