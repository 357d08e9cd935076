import { peopleByIds } from "../../../contracts/identity-internal.ts";
import type { CallContext } from "../../../mixins/action.ts";
import { type GroupCopy, type PersonCopy, personCopyModel } from "../../../models/ticket-copies.ts";
import { askNeighbour, type Learned, personCopy } from "../neighbours.ts";
import type { Tickets } from "../tickets-store.ts";
import { PEOPLE_MAX } from "./roster.ts";

/** As many people are asked for at once. */
const ASKED_AT_ONCE = 100;

/**
 * Makes sure before a commit that those who would be given a ticket of this group are still there. An event that says
 * otherwise may be on its way, and nobody who has said that they leave should find new work. Where identity does not
 * answer, the copies are believed.
 */
export async function learnWhoIsThere(
	ctx: CallContext,
	{ store }: Tickets,
	{ _id: groupIds, tenantId, assignment }: GroupCopy,
	learned: Learned,
): Promise<void> {
	if (!assignment || assignment.strategy === "manual") return;
	const known = await store
		.model(personCopyModel)
		.find({ tenantId, groupIds }, { active: 1, availability: 1, sequence: 1 })
		.sort({ _id: 1 })
		.limit(PEOPLE_MAX)
		.lean<Pick<PersonCopy, "_id" | "active" | "availability" | "sequence">[]>();
	const there = known.filter(({ active, availability }) => active && availability && availability !== "offline");
	const sequences = new Map(there.map(({ _id, sequence }) => [_id, sequence]));
	const ids = [...sequences.keys()];
	for (let at = 0; at < ids.length; at += ASKED_AT_ONCE) {
		const answer = await askNeighbour(ctx, peopleByIds, { tenantId, ids: ids.slice(at, at + ASKED_AT_ONCE) });
		const newer = (answer ?? []).filter(({ id, version }) => version > (sequences.get(id) ?? 0));
		learned.people.push(...newer.map((person) => personCopy(tenantId, person)));
	}
}
