import { callerReach, may, type TenantCaller } from "../../contracts/caller.ts";
import { EVERYBODY, ofGroup, ofPerson, staffWords } from "../../contracts/ticket-audience.ts";
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

/**
 * The words by which somebody finds what happened to tickets: those it may also GET. Less than `dashboardWords` for
 * viewers, who are shown all numbers, and for integrations that may read numbers only.
 */
export function ticketFeedWords(caller: TenantCaller): string[] {
	const words = dashboardWords(caller);
	if (!may(caller, "tickets.read")) return [];
	return callerReach(caller, "dashboard.read") === "all" ? staffWords(caller) : words;
}

/** Whether somebody sees numbers without names of people and customers, and without subjects. */
export function namesHidden(caller: TenantCaller): boolean {
	return !may(caller, "customers.pii") || !may(caller, "tickets.read");
}
