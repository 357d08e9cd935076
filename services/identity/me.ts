import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../contracts/caller.ts";
import type { ResultOf } from "../../contracts/contract.ts";
import { userAvailabilityChanged } from "../../contracts/identity-events.ts";
import { ALL_PERMISSIONS } from "../../contracts/permissions.ts";
import { me, setAvailability } from "../../contracts/users.ts";
import { forbidden } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf } from "../../mixins/store.ts";
import type { Identity } from "./identity-store.ts";
import { userData, userView } from "./views.ts";

/** What a caller is told about themselves. */
function meView(caller: TenantCaller): ResultOf<typeof me> {
	const { id, name, email, role, tenant } = caller;
	return {
		kind: caller.kind === "user" || caller.kind === "customer" ? caller.kind : "service",
		id,
		name,
		email,
		role,
		tenant: { id: tenant.id, slug: tenant.slug, name: tenant.name },
		permissions: ALL_PERMISSIONS.filter((permission) => may(caller, permission)),
	};
}

/** Actions about the caller. */
export function meActions({ store, users }: Identity): Record<string, ActionSchema> {
	return {
		me: action(me, async (ctx) => meView(callerOf(ctx))),
		setAvailability: action(setAvailability, async (ctx) => {
			const caller = callerOf(ctx);
			if (caller.kind !== "user") throw forbidden("Only people of the staff are online, away or offline.");
			const { availability, ifVersion } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await users.require({ tenantId: caller.tenant.id }, caller.id, tx);
				checkVersion(before, ifVersion);
				if (before.availability === availability) return userView(before);
				const after = await users.update(tx, before, { ...before, availability, availabilityChangedAt: tx.now });
				await tx.emit(userAvailabilityChanged, after, userData(after));
				return userView(after);
			});
		}),
	};
}
