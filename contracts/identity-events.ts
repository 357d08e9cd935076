import { Type } from "typebox";
import { defineEvent } from "./contract.ts";
import { Id, Nullable, Words } from "./fields.ts";
import { STAFF_ROLES } from "./permissions.ts";

const TenantData = Type.Object({
	slug: Type.String(),
	name: Type.String(),
	plan: Nullable(Type.String()),
	locale: Type.String(),
	timeZone: Type.String(),
	status: Type.String(),
	settings: Type.Unknown(),
});

const tenantEvent = (what: string, summary: string) =>
	defineEvent({ type: `tenant.${what}`, aggregate: "tenant", summary, data: TenantData });

export const tenantProvisioned = tenantEvent("provisioned", "A tenant was made and is ready to be used.");
export const tenantUpdated = tenantEvent("updated", "A tenant's name, plan or settings changed.");
export const tenantSuspended = tenantEvent("suspended", "A tenant was suspended: its people can no longer get in.");

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
});

const userEvent = (what: string, summary: string) =>
	defineEvent({ type: `user.${what}`, aggregate: "user", summary, data: UserData });

export const userCreated = userEvent("created", "Somebody was invited.");
export const userUpdated = userEvent("updated", "A person's name, role, groups or skills changed.");
export const userAvailabilityChanged = userEvent("availability_changed", "Somebody came online, went away or offline.");
export const userDeactivated = userEvent("deactivated", "Somebody may no longer get in.");

const GroupData = Type.Object({ name: Type.String(), assignment: Type.Unknown(), deleted: Type.Boolean() });

const groupEvent = (what: string, summary: string) =>
	defineEvent({ type: `group.${what}`, aggregate: "group", summary, data: GroupData });

export const groupCreated = groupEvent("created", "A group was made.");
export const groupUpdated = groupEvent("updated", "A group's name or assignment changed.");
export const groupDeleted = groupEvent("deleted", "A group was removed.");
