import { callerReach, may, mustBeAllowed, type TenantCaller } from "../../contracts/caller.ts";
import { ticketSearchScope } from "../../contracts/search-documents.ts";
import { type CallContext, call, callerOf } from "../../mixins/action.ts";
import type { SearchReader, SearchScopes } from "./engine/index-types.ts";

/*
 * What a caller may find. It goes into the query of the index itself, so that counts, relaxing and suggestions tell nobody
 * of what lies outside.
 */

/** Which fields of what it finds a caller may find it by. */
export function readerOf(caller: TenantCaller): SearchReader {
	if (caller.kind === "customer") return "customer";
	return may(caller, "customers.pii") ? "full" : "masked";
}

/** The tickets a caller may find, as the tickets service says. */
export async function ticketScope(ctx: CallContext): Promise<SearchScopes["ticket"]> {
	const caller = callerOf(ctx);
	const notes = caller.kind !== "customer" && may(caller, "tickets.notes.read");
	return { ...(await call(ctx, ticketSearchScope, {})), notes };
}

/** The customers a caller may find: all, or for a customer's own token itself. */
export function customerScope(caller: TenantCaller): SearchScopes["customer"] {
	return mustBeAllowed(caller, "customers.read") === "all" ? { ids: null } : { ids: [caller.id] };
}

/** The articles a caller may find, by who may read them. */
export function articleScope(caller: TenantCaller): SearchScopes["article"] {
	mustBeAllowed(caller, "kb.read");
	if (caller.kind === "customer") return { visibilities: ["public", "customers"] };
	return { visibilities: callerReach(caller, "kb.read") === "all" ? ["public", "customers", "agents"] : ["public"] };
}
