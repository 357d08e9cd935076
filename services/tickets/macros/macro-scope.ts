import { callerReach, type TenantCaller } from "../../../contracts/caller.ts";
import type { Scope } from "../../../mixins/repository.ts";

/** Whether the caller answers for the macros of all, as leads do; others have only their own. */
export function isMacroLead(caller: TenantCaller): boolean {
	return caller.role !== "agent" && callerReach(caller, "macros.manage") !== null;
}

/** The macros that exist for a caller: shared ones, those of own groups, and its own; leads see those of all groups. */
export function macroScope(caller: TenantCaller): Scope {
	const own = { scope: "personal", ownerId: caller.id };
	const ofGroups = isMacroLead(caller)
		? { scope: "groups" }
		: { scope: "groups", groupIds: { $in: [...caller.groupIds] } };
	return { tenantId: caller.tenant.id, filter: { $or: [{ scope: "shared" }, ofGroups, own] } };
}
