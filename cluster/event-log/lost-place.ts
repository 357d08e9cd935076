import type { GroupState } from "./group-state.ts";
import type { Link } from "./link.ts";
import { bounds, eventId, messageAt, positionBefore } from "./reader.ts";
import { UNSYNCED_MS } from "./settings.ts";

/**
 * Whether the log was set back since a group noted its place: the server acknowledges before it syncs, so a power cut can
 * cost it the newest events, whose positions it then gives to others. The group would pass those over. Returns the place
 * from which everything is to be handled again (what was handled is dropped by the inboxes), or null when all is well.
 */
export async function lostPlace(link: Link, state: GroupState, now: Date): Promise<number | null> {
	const { position, anchor } = state;
	const { events } = link.layout;
	const { first, last } = await bounds(link, events);
	const found = anchor && anchor.position <= last ? await messageAt(link, events, anchor.position) : null;
	const isOther = found !== null && eventId(found) !== anchor?.id;
	// What is missing between first and last was pruned or forgotten.
	if (position <= last && !isOther) return null;
	const before = await positionBefore(link, now.getTime() - UNSYNCED_MS);
	return Math.max(first - 1, Math.min(position, before, last));
}
