import { moveTickets } from "../../../contracts/customer-merge.ts";
import type { SagaDefinition } from "../../../mixins/saga.mixin.ts";
import type { Customers } from "../customers-store.ts";
import { customerSnapshot } from "../views.ts";
import { latestMerge } from "./merge-store.ts";

/** Whom a ticket came to that was already merged into another. */
export interface Following {
	loserId: string;
}

/**
 * Takes to the survivor what still came to a customer after its merge: a ticket that was being written while the merge was
 * done. Does nothing where the merge was undone meanwhile.
 */
export function followSaga(from: Customers): SagaDefinition<Following> {
	return {
		type: "customer.follow_merge",
		result: ({ loserId }) => ({ loserId }),
		steps: [
			{
				name: "tickets",
				async run(run) {
					const { tenantId, state } = run;
					const loser = await from.customers.get({ tenantId }, state.loserId);
					const survivor = loser?.mergedIntoId && (await from.customers.get({ tenantId }, loser.mergedIntoId));
					if (!loser || !survivor) return;
					const merge = await run.commit((tx) => latestMerge(from, tx, tenantId, { loserId: loser._id }));
					if (!merge) return;
					const { done } = await run.call(moveTickets, {
						...{ tenantId, mergeId: merge._id, fromId: loser._id, toId: survivor._id },
						...{ fromEmails: [], toEmails: [], toEmail: null },
						copies: { from: customerSnapshot(loser), to: customerSnapshot(survivor) },
					});
					return done ? {} : { again: true };
				},
			},
		],
	};
}
