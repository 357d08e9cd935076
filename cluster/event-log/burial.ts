import { setTimeout as pauseFor } from "node:timers/promises";
import type { Clock } from "../../lib/clock.ts";
import { describeError } from "../../lib/event-delivery.ts";
import type { DeadLetterStore } from "./dead-letters.ts";
import type { Link } from "./link.ts";
import { type StoredMessage, showEvent, tenantOf } from "./reader.ts";

/** Pause before a dead letter that could not be stored is tried again, ms. */
const LETTER_RETRY_MS = 500;

/** An event that is not tried again, and why. */
export interface GivenUp {
	position: number;
	lane: string;
	message: Omit<StoredMessage, "headers">;
	error: unknown;
	/** deliveries that failed, all of them */
	attempts: number;
	/** ms since the epoch */
	firstFailedAt: number;
}

/** What a burial stands on. */
export interface BurialParts {
	group: string;
	link: Link;
	letters: DeadLetterStore;
	clock: Clock;
	report(what: string, error: unknown): void;
	/** the event is still for this member to decide on */
	isCurrent(): boolean;
	isStopping(): boolean;
}

/** Stores the dead letter of an event, however often that takes. False where it is left to whoever takes over. */
export async function bury(
	{ group, link, letters, clock, report, isCurrent, isStopping }: BurialParts,
	{ position, lane, message, error, attempts, firstFailedAt }: GivenUp,
): Promise<boolean> {
	const letter = {
		lane,
		group,
		position,
		tenantId: tenantOf(link, message.subject),
		event: showEvent(link, message),
		error: describeError(error),
		attempts,
		firstFailedAt: new Date(firstFailedAt).toISOString(),
		lastFailedAt: clock.now().toISOString(),
	};
	while (isCurrent()) {
		try {
			await letters.write(letter);
			return isCurrent();
		} catch (problem) {
			report("cannot store a dead letter, will try again", problem);
			if (isStopping()) return false;
			await pauseFor(LETTER_RETRY_MS);
		}
	}
	return false;
}
