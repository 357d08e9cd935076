import { Type } from "typebox";
import { defineEvent } from "./event-contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { STAFF_ROLES } from "./permissions.ts";
import type { TenantSettings } from "./tenant-settings.ts";

const TenantData = Type.Object({
	slug: Type.String(),
	name: Type.String(),
	plan: Nullable(Type.String()),
	locale: Type.String(),
	timeZone: Type.String(),
	status: Type.String(),
	/** with the defaults filled in */
	settings: Type.Unsafe<TenantSettings>(Type.Object({})),
});

const tenantEvent = (what: string, summary: string) =>
	defineEvent({ type: `tenant.${what}`, aggregate: "tenant", summary, data: TenantData });

export const tenantProvisioned = tenantEvent("provisioned", "A tenant was made and is ready to be used.");
export const tenantUpdated = tenantEvent(
	"updated",
	"A tenant's name, plan, languages or settings changed, or it was reactivated.",
);
export const tenantSuspended = tenantEvent("suspended", "A tenant was suspended: its people can no longer get in.");

export const tenantOffboarding = tenantEvent(
	"offboarding",
	"A tenant is leaving: it is read-only, and will be removed unless that is cancelled, which `tenant.updated` tells.",
);
export const tenantOffboarded = tenantEvent("offboarded", "A tenant has left, and nothing of it is kept.");

/** The platform's own credential acted inside a tenant. The subject is that one use of it. */
export const platformImpersonated = defineEvent({
	type: "platform.impersonated",
	aggregate: "impersonation",
	summary: "The platform's operator acted inside the tenant.",
	data: Type.Object({ slug: Type.String(), role: Words(STAFF_ROLES) }),
});

/** A person of staff, as other services keep a copy. The name is personal data. */
const UserData = Type.Object({
	name: Type.String(),
	email: Type.String(),
	role: Words(STAFF_ROLES),
	status: Words(["active", "deactivated"]),
	groupIds: Type.Array(Id),
	availability: Words(["online", "away", "offline"]),
	maxOpenTickets: Nullable(Type.Integer()),
	skills: Type.Array(Type.Object({ name: Type.String(), level: Type.Integer() })),
	/** absent in events of early versions */
	availabilityChangedAt: Type.Optional(Instant),
});

const userEvent = (what: string, summary: string) =>
	defineEvent({ type: `user.${what}`, aggregate: "user", summary, data: UserData });

export const userCreated = userEvent("created", "Somebody was invited.");
export const userUpdated = userEvent(
	"updated",
	"A person's name, role, groups, skills or limits changed, or they may get in again.",
);
export const userAvailabilityChanged = userEvent("availability_changed", "Somebody came online, went away or offline.");
export const userDeactivated = userEvent("deactivated", "Somebody may no longer get in.");

const GroupData = Type.Object({
	name: Type.String(),
	assignment: Type.Object({
		strategy: Words(["manual", "round_robin", "load_balanced", "skill"]),
		maxOpenPerAgent: Type.Integer(),
		countStatuses: Type.Array(Words(["new", "open", "pending", "on_hold"])),
		considerAway: Type.Boolean(),
		fallback: Words(["unassigned", "away"]),
	}),
	/** absent in events of early versions */
	calendarId: Type.Optional(Nullable(Id)),
	deleted: Type.Boolean(),
});

const groupEvent = (what: string, summary: string) =>
	defineEvent({ type: `group.${what}`, aggregate: "group", summary, data: GroupData });

export const groupCreated = groupEvent("created", "A group was made.");
export const groupUpdated = groupEvent("updated", "A group's name or assignment changed.");
export const groupDeleted = groupEvent(
	"deleted",
	"A group was removed; what its people lost by it follows as `user.updated`.",
);
