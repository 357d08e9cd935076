import { callerReach, may, type TenantCaller } from "../../contracts/caller.ts";
import { EVERYBODY, ofGroup, ofPerson } from "../../contracts/ticket-audience.ts";
import { forbidden } from "../../lib/problem.ts";

/**
 * The words by which somebody finds tickets in the dashboard: all of them, or those of own groups, assigned and followed.
 * An agent's numbers are its groups' and its own, also where agents may read every ticket of the tenant.
 */
export function dashboardWords(caller: TenantCaller): string[] {
	if (caller.kind === "customer" || caller.kind === "anonymous") throw forbidden("The dashboard is for staff.");
	if (callerReach(caller, "dashboard.read") === "all") return [EVERYBODY];
	const groups = caller.tenant.settings.agentTicketScope === "assigned" ? [] : caller.groupIds;
	return [...groups.map(ofGroup), ofPerson(caller.id)];
}

/** Whether somebody sees numbers without names of people and customers, and without subjects. */
export function namesHidden(caller: TenantCaller): boolean {
	return !may(caller, "customers.pii") || !may(caller, "tickets.read");
}
