import type { TokenView } from "../../contracts/api-tokens.ts";
import type { DataOf } from "../../contracts/event-contract.ts";
import type { GroupView } from "../../contracts/groups.ts";
import type { groupUpdated, tenantUpdated, userUpdated } from "../../contracts/identity-events.ts";
import type { TenantView } from "../../contracts/tenants.ts";
import type { UserView } from "../../contracts/users.ts";
import type { ApiToken } from "../../models/api-token.ts";
import type { Group } from "../../models/group.ts";
import type { Entity } from "../../models/model.ts";
import type { Tenant } from "../../models/tenant.ts";
import type { User } from "../../models/user.ts";
import { settingsOf } from "./tenant-rules.ts";

const instant = (date: Date | null) => date?.toISOString() ?? null;

const stamps = ({ _id, createdAt, updatedAt, version }: Entity) => ({
	id: _id,
	createdAt: createdAt.toISOString(),
	updatedAt: updatedAt.toISOString(),
	version,
});

export function tenantView(tenant: Tenant): TenantView {
	const { slug, name, status, plan, locale, locales, timeZone } = tenant;
	return { ...stamps(tenant), slug, name, status, plan, locale, locales, timeZone, settings: settingsOf(tenant) };
}

export function userView(user: User): UserView {
	const { email, name, role, status, locale, timeZone, groupIds, skills, availability, maxOpenTickets } = user;
	return {
		...stamps(user),
		tenantId: user.tenantId,
		email,
		name,
		role,
		status,
		locale,
		timeZone,
		groupIds,
		skills,
		availability,
		availabilityChangedAt: user.availabilityChangedAt.toISOString(),
		maxOpenTickets,
	};
}

export function groupView(group: Group): GroupView {
	const { name, description, assignment, calendarId = null } = group;
	return { ...stamps(group), name, description, assignment, calendarId };
}

/** A token without anything that would let somebody use it. */
export function tokenView(token: ApiToken): TokenView {
	const { name, kind, userId, customerId, role, scopes, createdBy } = token;
	return {
		...stamps(token),
		name,
		kind,
		userId,
		customerId,
		role,
		scopes,
		expiresAt: instant(token.expiresAt),
		revokedAt: instant(token.revokedAt),
		lastUsedAt: instant(token.lastUsedAt),
		createdBy,
	};
}

/** What events tell of a tenant. */
export function tenantData(tenant: Tenant): DataOf<typeof tenantUpdated> {
	const { slug, name, plan, locale, timeZone, status } = tenant;
	return { slug, name, plan, locale, timeZone, status, settings: settingsOf(tenant) };
}

/** What events tell of a person: enough for others to keep a copy. */
export function userData(user: User): DataOf<typeof userUpdated> {
	const { name, email, role, status, groupIds, availability, maxOpenTickets, skills } = user;
	const availabilityChangedAt = user.availabilityChangedAt.toISOString();
	return { name, email, role, status, groupIds, availability, availabilityChangedAt, maxOpenTickets, skills };
}

/** What events tell of a group. */
export function groupData(group: Group, deleted = false): DataOf<typeof groupUpdated> {
	const { name, assignment, calendarId = null } = group;
	return { name, assignment, calendarId, deleted };
}
