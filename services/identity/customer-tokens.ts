import type { ActionSchema } from "moleculer";
import { endCustomerTokens } from "../../contracts/customer-merge.ts";
import { customerDeleted, customerMerged, customerUpdated } from "../../contracts/customers-events.ts";
import type { DataOf } from "../../contracts/event-contract.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import { action } from "../../mixins/action.ts";
import { type Command, commandOf, type Transaction } from "../../mixins/store.ts";
import { type EventHandler, on } from "../../mixins/subscriber.mixin.ts";
import type { ApiToken } from "../../models/api-token.ts";
import type { Identity } from "./identity-store.ts";
import { announceRevoked } from "./revocation.ts";

type CustomerEvent = DomainEvent<DataOf<typeof customerUpdated>>;

const GONE = ["merged", "erased"];

/** Keeps the tokens of customers in step with the customers themselves. */
export function customerHandlers(identity: Identity): EventHandler[] {
	const follow = (event: CustomerEvent, tx: Transaction) => followCustomer(identity, event, tx);
	return [on(customerUpdated, follow), on(customerDeleted, follow), on(customerMerged, follow)];
}

/** How many tokens of one customer are ended in one transaction. */
const CHUNK = 100;
/** More tokens of one customer are not told of. */
const TOLD_MAX = 1000;

async function endSome({ tokens, store }: Identity, command: Command, customerId: string): Promise<number> {
	const { tenantId } = command;
	return store.commit({ ...command, id: null }, async (tx) => {
		const held = await tokens.find({ tenantId }, { customerId, revokedAt: null }, { limit: CHUNK, tx });
		for (const token of held) await tokens.update(tx, token, { ...token, revokedAt: tx.now });
		return held.length;
	});
}

export function customerTokenActions(identity: Identity): Record<string, ActionSchema> {
	return {
		endCustomerTokens: action(endCustomerTokens, async (ctx) => {
			const { tenantId, customerId } = ctx.params;
			let ended = 0;
			for (let some = CHUNK; some === CHUNK; ended += some)
				some = await endSome(identity, commandOf(ctx, tenantId), customerId);
			// All of them: the customer's own event may have ended some already, and nobody was told of those.
			const all = await identity.tokens.find({ tenantId }, { customerId }, { limit: TOLD_MAX });
			announceRevoked(
				ctx.broker,
				all.map(({ _id, hash }) => ({ credentialId: _id, credentialHash: hash })),
			);
			return { ended };
		}),
	};
}

/** Takes over a customer's name and address; ends the tokens of one who is no more. */
async function followCustomer({ tokens }: Identity, event: CustomerEvent, tx: Transaction): Promise<void> {
	const { name, primaryEmail, status, deleted } = event.data;
	const customerId = event.subject.slice("customer/".length);
	const gone = deleted || GONE.includes(status);
	const held = await tokens.find({ tenantId: event.tenantId }, { customerId }, { limit: 1000, tx });
	for (const token of held) {
		if (token.revokedAt) continue;
		const after: ApiToken = { ...token, holderName: name, holderEmail: primaryEmail };
		await tokens.update(tx, token, gone ? { ...after, revokedAt: tx.now } : after);
	}
}
