import type { ActionSchema } from "moleculer";
import { eraseTokens, tombstoneName } from "../../contracts/customer-erasure.ts";
import { action } from "../../mixins/action.ts";
import { commandOf } from "../../mixins/store.ts";
import type { Identity } from "./identity-store.ts";
import { announceRevoked, type Revoked } from "./revocation.ts";

/** How identity takes part in erasing a person: the tokens end everywhere, and no longer say whose they were. */
export function erasureActions({ tokens, store }: Identity): Record<string, ActionSchema> {
	return {
		eraseCustomer: action(eraseTokens, async (ctx) => {
			const { tenantId, people } = ctx.params;
			let revoked: Revoked[] = [];
			const done = await store.commit(commandOf(ctx, tenantId), async (tx) => {
				revoked = [];
				let count = 0;
				for (const { id } of people) {
					const held = await tokens.find({ tenantId }, { customerId: id }, { limit: 1000, tx });
					for (const token of held) {
						const name = tombstoneName(id);
						const revokedAt = token.revokedAt ?? tx.now;
						await tokens.update(tx, token, { ...token, name, holderName: name, holderEmail: null, revokedAt });
						if (!token.revokedAt) revoked.push({ credentialId: token._id, credentialHash: token.hash });
						count++;
					}
				}
				return { tokens: count };
			});
			announceRevoked(ctx.broker, revoked);
			return done;
		}),
	};
}
