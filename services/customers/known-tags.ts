import type { ActionSchema } from "moleculer";
import { listTags } from "../../contracts/customers.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { knownTagModel } from "../../models/customer.ts";
import { staffScope } from "./access.ts";
import type { Customers } from "./customers-store.ts";

const DEFAULT_LIMIT = 50;

/**
 * Remembers tags for the list of tags. Outside of any transaction and before the customer is written: a tag that then
 * nobody carries is left out of the list, so nothing can go wrong, and popular tags make no transactions collide.
 */
export async function rememberTags({ store }: Customers, tenantId: string, tags: readonly string[]): Promise<void> {
	if (tags.length === 0) return;
	const rows = store.model(knownTagModel);
	const ids = tags.map((tag) => `${tenantId} ${tag}`);
	const known = await rows.find({ _id: { $in: ids } }).lean<{ _id: string }[]>();
	const missing = tags.filter((tag) => !known.some((row) => row._id === `${tenantId} ${tag}`));
	for (const tag of missing)
		await rows
			.updateOne({ _id: `${tenantId} ${tag}` }, { $setOnInsert: { tenantId, tag } }, { upsert: true })
			.catch((error: { code?: unknown }) => {
				// Somebody else has just remembered it.
				if (error.code !== 11000) throw error;
			});
}

/** The tags that customers carry, in alphabetical order. */
async function tagsInUse(from: Customers, tenantId: string, prefix: string, limit: number): Promise<string[]> {
	const rows = from.store.model(knownTagModel);
	const found: string[] = [];
	let after = "";
	while (found.length < limit) {
		const range = after === "" ? { $gte: prefix } : { $gt: after };
		const batch = await rows.find({ tenantId, tag: range }).sort({ tag: 1 }).limit(limit).lean<{ tag: string }[]>();
		for (const { tag } of batch) {
			if (!tag.startsWith(prefix)) return found;
			const [carrier] = await from.customers.find({ tenantId }, { deleted: false, tags: tag }, { limit: 1 });
			if (carrier && found.push(tag) === limit) return found;
			after = tag;
		}
		if (batch.length < limit) return found;
	}
	return found;
}

export function tagActions(from: Customers): Record<string, ActionSchema> {
	return {
		listTags: action(listTags, async (ctx) => {
			const { tenantId } = staffScope(callerOf(ctx));
			const { prefix = "", limit = DEFAULT_LIMIT } = ctx.params;
			const names = await tagsInUse(from, tenantId, prefix.trim().normalize("NFC").toLowerCase(), limit);
			return { data: names.map((name) => ({ name })) };
		}),
	};
}
