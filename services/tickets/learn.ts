import { groupsByIds, peopleByIds, tenantById } from "../../contracts/identity-internal.ts";
import { groupCopyModel, personCopyModel } from "../../models/ticket-copies.ts";
import { LEARN, learningOf } from "./learn-soon.ts";
import { settingsChanged } from "./life-times.ts";
import { groupCopy, keepLearned, type Learned, nothingLearned, personCopy, tenantCopy } from "./neighbours.ts";
import { beginSoon } from "./tenant-beginning.ts";
import type { Tickets } from "./tickets-store.ts";

/*
 * What identity told of a tenant, its people and groups before this version of the product kept all of it is asked for
 * once, by a timer: a commit asks nobody.
 */

/** identity answers for so many at once */
const AT_ONCE = 100;

/** Asks identity for what is missing of a tenant. */
async function ask(tickets: Tickets, tenantId: string) {
	const { store } = tickets;
	const tenant = await tickets.ask(tenantById, { tenantId });
	const learned: Learned = nothingLearned();
	const missing = { tenantId, _id: { $gt: "" } };
	const people = await store
		.model(personCopyModel)
		.find({ ...missing, availability: null } as never)
		.limit(AT_ONCE)
		.lean<{ _id: string }[]>();
	const groups = await store
		.model(groupCopyModel)
		.find({ ...missing, deleted: false, assignment: null } as never)
		.limit(AT_ONCE)
		.lean<{ _id: string }[]>();
	const idsOf = (rows: { _id: string }[]) => rows.map((row) => row._id);
	if (people.length > 0)
		for (const one of await tickets.ask(peopleByIds, { tenantId, ids: idsOf(people) }))
			learned.people.push(personCopy(tenantId, one));
	if (groups.length > 0)
		for (const one of await tickets.ask(groupsByIds, { tenantId, ids: idsOf(groups) }))
			learned.groups.push(groupCopy(tenantId, one));
	return { tenant, learned, more: people.length === AT_ONCE && learned.people.length > 0 };
}

/** Says what happens when something is to be learned. */
export function handleLearning(tickets: Tickets): void {
	tickets.timers.handle(LEARN, {
		prepare: ({ tenantId }) => ask(tickets, tenantId),
		async fire(tx, { tenantId }, { tenant, learned, more }) {
			await keepLearned(tickets, tx, learned);
			if (tenant) {
				const copy = tenantCopy(tenant);
				const known = await tickets.copies.tenants.keep(tx, copy);
				if (!known) {
					await settingsChanged(tickets, tx, known, copy);
					await beginSoon(tickets, tx, tenantId);
				}
			}
			if (more) await tickets.timers.set(tx, learningOf(tenantId), tx.now);
		},
	});
}
