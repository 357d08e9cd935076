import { inspect, types } from "node:util";
import type { DomainEvent, SubscribeOptions } from "./event-log.ts";

/*
 * What becomes of a delivered event, the same in both logs: how its handler is run, when it is tried again and how a
 * failure is told.
 */

/** Longer error texts are cut. */
const ERROR_LENGTH = 2_000;

/** Why an event had no effect. `final`: it never will, because it is not what should be in the log. */
export interface DeliveryFailure {
	error: unknown;
	final: boolean;
}

/** Runs the handler of an event that has failed `attempts` times before; null when it succeeded. Never throws. */
export async function deliver(
	read: () => DomainEvent,
	handler: SubscribeOptions["handler"],
	{ attempts, position }: { attempts: number; position: number },
): Promise<DeliveryFailure | null> {
	let event: DomainEvent;
	try {
		event = read();
	} catch (error) {
		return { error, final: true };
	}
	try {
		await handler(event, { attempt: attempts + 1, logPosition: position });
		return null;
	} catch (error) {
		return { error, final: false };
	}
}

/**
 * How long to wait before the next delivery of an event that failed after `attempts` failures before, ms: a fifth more or
 * less than planned, so that events that failed together do not come back together. Null where it is given up.
 */
export function pauseBeforeRetry(
	{ final }: DeliveryFailure,
	attempts: number,
	retryDelays: readonly number[],
	random: () => number,
): number | null {
	const pause = final ? undefined : retryDelays[attempts];
	return pause === undefined ? null : Math.round(pause * (0.8 + 0.4 * random()));
}

/** An error as text, for a dead letter. */
export function describeError(error: unknown): string {
	return (types.isNativeError(error) ? String(error) : inspect(error)).slice(0, ERROR_LENGTH);
}
