import { Type } from "typebox";
import type { Caller, CallerTenant } from "./caller.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { Assignment as GroupAssignment } from "./groups.ts";
import { STAFF_ROLES } from "./permissions.ts";
import type { TenantSettings } from "./tenant-settings.ts";

/**
 * Who stands behind a credential: an API token or JWT (`bearer`) or a session's id from its cookie (`session`). Answers
 * 401 `unauthenticated` for one that is unknown, revoked or expired and for people who are not active, 403
 * `tenant_suspended` for a good credential of a suspended tenant. `impersonateTenant` is the `X-Tenant-Id` of a platform
 * token that may impersonate: id or slug of a tenant, 404 for an unknown one; other credentials do not have it looked at.
 */
export const authenticate = defineAction({
	name: "identity.authenticate",
	access: "internal",
	idempotent: true,
	summary: "Who stands behind a credential",
	body: strict({
		bearer: Type.Optional(Type.String({ maxLength: 8192 })),
		session: Type.Optional(Type.String({ maxLength: 256 })),
		impersonateTenant: Type.Optional(Type.String({ maxLength: 64 })),
	}),
	result: Type.Unsafe<Caller>(Type.Object({ kind: Type.String(), id: Type.String() })),
});

/**
 * Who somebody is by now that was verified earlier, for work of theirs that goes on after their request: role, groups and
 * settings as they are. Answers 401 `unauthenticated` where they are not active any more or the API token was revoked or
 * has expired, 403 `tenant_suspended`. A session that ended since does not count.
 */
export const callerNow = defineAction({
	name: "identity.callerNow",
	access: "internal",
	idempotent: true,
	summary: "Who a caller of earlier is by now",
	body: strict({
		tenantId: Id,
		kind: Words(["user", "customer", "service"]),
		id: Id,
		credentialId: Nullable(Type.String({ maxLength: 255 })),
		scopes: Type.Array(Type.String({ maxLength: 100 })),
	}),
	result: Type.Unsafe<Caller>(Type.Object({ kind: Type.String(), id: Type.String() })),
});

/**
 * The tenant whose help centre has this slug; null where there is none to be seen: unknown, not yet or no longer active
 * are one answer.
 */
export const tenantBySlug = defineAction({
	name: "identity.tenantBySlug",
	access: "internal",
	idempotent: true,
	summary: "The tenant of a help centre",
	body: strict({ slug: Type.String({ maxLength: 63 }) }),
	result: Nullable(Type.Unsafe<CallerTenant>(Type.Object({ id: Type.String(), slug: Type.String() }))),
});

/** A tenant as other services may know it; null for one that there is not, or not any more. */
export const tenantById = defineAction({
	name: "identity.tenantById",
	access: "internal",
	idempotent: true,
	summary: "A tenant by its id",
	body: strict({ tenantId: Id }),
	result: Nullable(
		Type.Object({
			id: Id,
			status: Type.String(),
			locale: Type.String(),
			timeZone: Type.String(),
			/** with the defaults filled in */
			settings: Type.Unsafe<TenantSettings>(Type.Object({})),
			version: Type.Integer(),
		}),
	),
});

/** A person of staff as other services may know them. */
export const PersonView = Type.Object({
	id: Id,
	name: Type.String(),
	email: Type.String(),
	role: Words(STAFF_ROLES),
	status: Words(["active", "deactivated"]),
	groupIds: Type.Array(Id),
	availability: Words(["online", "away", "offline"]),
	maxOpenTickets: Nullable(Type.Integer()),
	/** absent from nodes of early versions, as are the skills */
	availabilityChangedAt: Type.Optional(Instant),
	skills: Type.Optional(Type.Array(Type.Object({ name: Type.String(), level: Type.Integer() }))),
	version: Type.Integer(),
});

/** The people of the caller's tenant with these ids; unknown ids are left out. */
export const peopleByIds = defineAction({
	name: "identity.peopleByIds",
	access: "internal",
	idempotent: true,
	summary: "People of the tenant by id",
	body: strict({ tenantId: Id, ids: Type.Array(Id, { maxItems: 100 }) }),
	result: Type.Array(PersonView),
});

export const GroupSummary = Type.Object({
	id: Id,
	name: Type.String(),
	/** absent from nodes of early versions */
	assignment: Type.Optional(GroupAssignment),
	calendarId: Type.Optional(Nullable(Id)),
	version: Type.Integer(),
});

/** The groups of the tenant with these ids; unknown ids are left out. */
export const groupsByIds = defineAction({
	name: "identity.groupsByIds",
	access: "internal",
	idempotent: true,
	summary: "Groups of the tenant by id",
	body: strict({ tenantId: Id, ids: Type.Array(Id, { maxItems: 100 }) }),
	result: Type.Array(GroupSummary),
});
