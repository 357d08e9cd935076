import { isDeepStrictEqual } from "node:util";
import type { Transaction } from "../../../mixins/store.ts";
import type { GroupCopy, PersonCopy } from "../../../models/ticket-copies.ts";
import type { Tickets } from "../tickets-store.ts";
import { drainSoon } from "./waiting.ts";

/** Marks the tickets of a group anew, see `drain.ts`. */
export const MARKS = "assignment_marks";

export const marksOf = (tenantId: string, groupId: string) => ({ tenantId, subjectId: groupId, kind: MARKS });

const waysOf = ({ assignment, deleted }: GroupCopy) => ({ assignment, deleted });

/** A group assigns in another way, or it became known how it does: its tickets follow. */
export async function groupChanged(
	{ timers }: Tickets,
	tx: Transaction,
	before: GroupCopy | undefined,
	after: GroupCopy,
): Promise<void> {
	if (before && isDeepStrictEqual(waysOf(before), waysOf(after))) return;
	await timers.set(tx, marksOf(after.tenantId, after._id), tx.now);
}

/** Somebody changed: where they may take tickets now, those that wait are looked at. */
export async function personChanged(tickets: Tickets, tx: Transaction, person: PersonCopy): Promise<void> {
	if (!person.active || person.availability === undefined || person.availability === "offline") return;
	await drainSoon(tickets, tx, person.tenantId, person.groupIds);
}
