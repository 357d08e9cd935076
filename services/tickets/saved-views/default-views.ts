import type { Model as MongooseModel } from "mongoose";
import { newId } from "../../../lib/ids.ts";
import type { SavedView } from "../../../models/saved-view.ts";

const NOT_DONE = "status=new,open,pending,on_hold";

type Default = Pick<SavedView, "slot" | "name" | "query" | "sort">;

/** The views that every tenant begins with; they are the tenant's own from then on. */
const DEFAULTS: readonly Default[] = [
	{ slot: "my-open", name: "My open tickets", query: `assigneeId=me&${NOT_DONE}`, sort: "-priority,createdAt" },
	{ slot: "unassigned", name: "Unassigned tickets", query: `assigneeId=none&${NOT_DONE}`, sort: "-priority,createdAt" },
	{ slot: "urgent", name: "Urgent tickets", query: `priority=urgent&${NOT_DONE}`, sort: "createdAt" },
	{ slot: "all-open", name: "All tickets that are not solved", query: NOT_DONE, sort: "-createdAt" },
	{ slot: "pending", name: "Waiting for the customer", query: "status=pending", sort: "updatedAt" },
	{ slot: "recently-solved", name: "Recently solved", query: "status=solved,closed", sort: "-updatedAt" },
];

/** Makes the views that a tenant begins with, as far as they are not there; how many it made. */
export async function openViews(rows: MongooseModel<SavedView>, tenantId: string, now: Date): Promise<number> {
	let made = 0;
	for (const [position, { slot, ...fields }] of DEFAULTS.entries()) {
		const view = {
			_id: newId(),
			version: 1,
			createdAt: now,
			updatedAt: now,
			...fields,
			description: null,
			columns: [],
			sharedWith: "tenant" as const,
			groupId: null,
			position,
			ownerId: null,
			audience: "tenant",
		};
		const { upsertedCount } = await rows.updateOne({ tenantId, slot }, { $setOnInsert: view }, { upsert: true });
		made += upsertedCount;
	}
	return made;
}
