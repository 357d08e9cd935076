import { tenantUpdated } from "../../contracts/identity-events.ts";
import type { OffboardingView } from "../../contracts/tenant-offboarding.ts";
import { EXPORTING } from "../../contracts/tenant-partition.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Tenant } from "../../models/tenant.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { tenantData } from "./views.ts";

/** Whether the tenant's end can still be called off. */
export function isCancellable({ status, offboarding }: Tenant): boolean {
	return status === "offboarding" && !!offboarding && offboarding.purgingAt === null;
}

/** Whether nobody gets into the tenant any more, because it has left. */
export function hasLeft({ status, offboarding }: Pick<Tenant, "status" | "offboarding">): boolean {
	return status === "offboarded" || !!offboarding?.purgingAt;
}

/** Lets a tenant stay that is leaving by this saga, as it was before. Does nothing to one that stays already. */
export async function stays({ tenants }: Identity, tx: Transaction, tenantId: string, sagaId: string): Promise<Tenant> {
	const before = await tenants.require(TENANTS, tenantId, tx);
	if (!before.offboarding || before.offboarding.sagaId !== sagaId || !isCancellable(before)) return before;
	const after = await tenants.update(tx, before, { ...before, status: before.offboarding.before, offboarding: null });
	await tx.emit(tenantUpdated, after, tenantData(after));
	return after;
}

/** How far the end of a tenant is. */
export function offboardingView(tenant: Tenant): OffboardingView {
	const { _id: tenantId, status, offboarding } = tenant;
	if (!offboarding) return { tenantId, status, offboarding: null };
	const { sagaId, requestedAt, requestedBy, purgeAfter, exports, certificate } = offboarding;
	return {
		tenantId,
		status,
		offboarding: {
			sagaId,
			requestedAt: requestedAt.toISOString(),
			requestedBy: { type: requestedBy.type, id: requestedBy.id, name: requestedBy.name },
			purgeAfter: purgeAfter.toISOString(),
			cancellable: isCancellable(tenant),
			exports: EXPORTING.filter((service) => exports[service]).map((service) => ({
				service,
				entities: exports[service]?.entities ?? 0,
				bytes: exports[service]?.bytes ?? 0,
				sha256: exports[service]?.sha256 ?? null,
				url: `/api/tenants/${tenantId}/exports/${service}`,
			})),
			certificate,
		},
	};
}
