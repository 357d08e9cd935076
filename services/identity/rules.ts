import { type Caller, callerReach } from "../../contracts/caller.ts";
import {
	ALL_PERMISSIONS,
	OF_PEOPLE_ONLY,
	type Reach,
	STAFF_ROLES,
	type StaffRole,
} from "../../contracts/permissions.ts";
import { forbidden } from "../../lib/problem.ts";
import type { User } from "../../models/user.ts";

/** Who may manage whom: the rules about single people and credentials that the permission matrix cannot say. */

type Standing = Pick<User, "_id" | "role" | "status">;

/** How much power a role has: greater is more. */
function power(role: StaffRole): number {
	return STAFF_ROLES.length - STAFF_ROLES.indexOf(role);
}

/** Whether a change takes an active owner away from the tenant. */
export function losesOwner(before: Standing, after: Standing): boolean {
	const isOwner = (user: Standing) => user.role === "owner" && user.status === "active";
	return isOwner(before) && !isOwner(after);
}

/**
 * Throws 403 where the caller, who has `users.manage`, may not make this person (`before` null) or this change: owners are
 * made and changed by owners alone, and nobody gives themselves a more powerful role.
 */
export function checkMayManage(caller: Caller, before: Standing | null, after: Standing): void {
	const isOwner = caller.kind === "user" ? caller.role === "owner" : caller.kind === "system";
	if (!isOwner && before?.role === "owner") throw forbidden("Only an owner changes an owner.");
	if (!isOwner && after.role === "owner") throw forbidden("Only an owner makes somebody an owner.");
	if (before && caller.id === before._id && power(after.role) > power(before.role))
		throw forbidden("Nobody gives themselves a more powerful role.");
}

const WIDTH: Record<Reach, number> = { own: 1, groups: 2, all: 3 };
const width = (reach: Reach | null) => (reach === null ? 0 : WIDTH[reach]);

/**
 * Whether a token that stands for `made` may be given out by `maker`: it may do nothing that its maker may not, and none
 * but an owner gives out an owner's rights. What a service lacks only because no service has it, it may hand on.
 */
export function mayIssue(maker: Caller, made: Caller): boolean {
	if (made.role === "owner" && !(maker.kind === "user" && maker.role === "owner")) return false;
	return ALL_PERMISSIONS.every(
		(permission) =>
			(maker.kind === "service" && OF_PEOPLE_ONLY.includes(permission)) ||
			width(callerReach(made, permission)) <= width(callerReach(maker, permission)),
	);
}

/** Whether the caller may revoke a token: an owner's only by an owner. */
export function mayRevoke(caller: Caller, holderRole: StaffRole | null): boolean {
	return holderRole !== "owner" || (caller.kind === "user" && caller.role === "owner");
}
