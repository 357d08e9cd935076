import type { DataOf } from "../../contracts/contract.ts";
import { customerDeleted, customerUpdated } from "../../contracts/customers-events.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type EventHandler, on } from "../../mixins/subscriber.mixin.ts";
import type { ApiToken } from "../../models/api-token.ts";
import type { Identity } from "./identity-store.ts";

type CustomerEvent = DomainEvent<DataOf<typeof customerUpdated>>;

const GONE = ["merged", "erased"];

/** Keeps the tokens of customers in step with the customers themselves. */
export function customerHandlers(identity: Identity): EventHandler[] {
	const follow = (event: CustomerEvent, tx: Transaction) => followCustomer(identity, event, tx);
	return [on(customerUpdated, follow), on(customerDeleted, follow)];
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
