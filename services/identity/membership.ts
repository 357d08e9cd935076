import { invalidField } from "../../lib/problem.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type Group, groupModel } from "../../models/group.ts";
import type { Identity } from "./identity-store.ts";

/**
 * Makes sure that groups exist that somebody is about to join. Each is touched, so that its removal at the same moment
 * and this joining meet, and one of them is done again.
 * @throws 422 at `/groupIds/<n>` for a group that the tenant has not, another tenant's like one that was never there
 */
export async function joinGroups(
	{ store }: Identity,
	tx: Transaction,
	groupIds: readonly string[],
	joining: (groupId: string) => boolean,
): Promise<void> {
	for (const [index, _id] of groupIds.entries()) {
		if (!joining(_id)) continue;
		const where: Partial<Group> = { _id, tenantId: tx.command.tenantId };
		const { matchedCount } = await store
			.model(groupModel)
			.updateOne(where, { $inc: { joins: 1 } }, { session: tx.session });
		if (matchedCount === 0) throw invalidField(`/groupIds/${index}`, "There is no such group.", "not_found");
	}
}
