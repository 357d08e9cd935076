/** A session ends when it was not used for this long, seconds. */
export const IDLE_SEC = 8 * 3600;
/** A session ends this long after the sign-in however much it is used, seconds. */
export const ABSOLUTE_SEC = 7 * 24 * 3600;
/** Use is noted at most this often, seconds: a read does not cost a write each time. */
export const TOUCH_SEC = 300;

interface Dated {
	lastSeenAt: Date;
	expiresAt: Date;
}

const secondsBetween = (from: Date, to: Date) => (to.getTime() - from.getTime()) / 1000;

/** Whether a session is still good at an instant. At a limit itself it no longer is. */
export function isLive(session: Dated, now: Date): boolean {
	return now < session.expiresAt && secondsBetween(session.lastSeenAt, now) < IDLE_SEC;
}

/** Whether its use has to be noted again. */
export function needsTouch(session: Dated, now: Date): boolean {
	return secondsBetween(session.lastSeenAt, now) >= TOUCH_SEC;
}

/** When a session that starts now ends at the latest. */
export function absoluteLimit(now: Date): Date {
	return new Date(now.getTime() + ABSOLUTE_SEC * 1000);
}

/** Whole seconds until the absolute limit, at least 0. */
export function secondsLeft(session: Dated, now: Date): number {
	return Math.max(0, Math.floor(secondsBetween(now, session.expiresAt)));
}
