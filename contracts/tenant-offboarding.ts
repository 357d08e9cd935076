import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { EXPORTING } from "./tenant-partition.ts";

const ById = Type.Object({ id: Id });

/** The lines of one service, ready to be fetched once `sha256` is there: it is that of all lines but the last one. */
const ExportView = Type.Object({
	service: Words(EXPORTING),
	entities: Type.Integer(),
	bytes: Type.Integer(),
	sha256: Nullable(Type.String()),
	/** where it is fetched from */
	url: Type.String(),
});

const Counts = Type.Record(Type.String(), Type.Record(Type.String(), Type.Integer()));

/** That nothing is left of a tenant. */
const Certificate = Type.Object({
	tenantId: Id,
	sagaId: Id,
	requestedAt: Instant,
	completedAt: Instant,
	/** how many documents there were of each collection of each service */
	removed: Counts,
	/** how many there are: all 0 */
	left: Counts,
	exports: Type.Array(
		Type.Object({ service: Type.String(), entities: Type.Integer(), bytes: Type.Integer(), sha256: Type.String() }),
	),
});
export type Certificate = Static<typeof Certificate>;

export const OffboardingView = Type.Object({
	tenantId: Id,
	status: Words(["provisioning", "active", "suspended", "offboarding", "offboarded"]),
	/** null where the tenant stays */
	offboarding: Nullable(
		Type.Object({
			sagaId: Id,
			requestedAt: Instant,
			requestedBy: Type.Object({ type: Type.String(), id: Type.String(), name: Nullable(Type.String()) }),
			/** until then it can be cancelled; nothing is removed before */
			purgeAfter: Instant,
			cancellable: Type.Boolean(),
			exports: Type.Array(ExportView),
			certificate: Nullable(Certificate),
		}),
	),
});
export type OffboardingView = Static<typeof OffboardingView>;

export const offboardTenant = defineAction({
	name: "identity.offboardTenant",
	access: "tenant.delete",
	alsoPlatform: true,
	rest: "POST /tenants/:id/offboard",
	summary: "Say good-bye to a tenant",
	description:
		"The owner's own tenant, or any for the platform. It is read-only at once (403 `tenant_offboarding` for writes), " +
		"everything is exported, and after 30 days of grace everything is removed. Until then it can be cancelled.",
	path: ById,
	body: strict({
		/** the slug of the tenant, so that nobody does this by mistake */
		confirm: Type.String({ minLength: 1, maxLength: 63 }),
	}),
	result: OffboardingView,
	status: 202,
	headers: ({ tenantId }) => ({ Location: `/api/tenants/${tenantId}/offboarding` }),
});

export const getOffboarding = defineAction({
	name: "identity.getOffboarding",
	access: "tenant.delete",
	alsoPlatform: true,
	rest: "GET /tenants/:id/offboarding",
	summary: "How far the end of a tenant is, with its exports and, at the end, the certificate",
	path: ById,
	result: OffboardingView,
});

export const cancelOffboarding = defineAction({
	name: "identity.cancelOffboarding",
	access: "tenant.delete",
	alsoPlatform: true,
	whileOffboarding: true,
	rest: "POST /tenants/:id/offboard/cancel",
	summary: "Let a tenant stay after all",
	description: "Answers 409 `invalid_transition` where the tenant does not leave, or where its grace is over.",
	path: ById,
	result: OffboardingView,
});
