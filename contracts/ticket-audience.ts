import { callerReach, type TenantCaller } from "./caller.ts";

/*
 * Who may see which tickets, decided in one place for lists, search, counts and read models. Every ticket, and every copy
 * of one, carries the words by which it is found, one for each way to it, so that any caller's tickets in any order are a
 * walk through one index.
 */

export const EVERYBODY = "*";
export const ofGroup = (id: string) => `g:${id}`;
export const ofPerson = (id: string) => `u:${id}`;
export const ofCustomer = (id: string) => `c:${id}`;
export const ofCompany = (id: string) => `k:${id}`;

/** What of a ticket decides who finds it. */
export interface AudienceFields {
	deletedAt: Date | null;
	groupId: string | null;
	assigneeId: string | null;
	followerIds: readonly string[];
	customerId: string;
	companyId: string | null;
}

/** The words by which staff finds a ticket: all who see everything, its group, its assignee and followers. */
export function audienceOf(ticket: Omit<AudienceFields, "customerId" | "companyId">): string[] {
	if (ticket.deletedAt !== null) return [];
	const people = new Set([...(ticket.assigneeId ? [ticket.assigneeId] : []), ...ticket.followerIds]);
	return [EVERYBODY, ...(ticket.groupId ? [ofGroup(ticket.groupId)] : []), ...[...people].map(ofPerson)];
}

/** The words by which its customers find a ticket: the requester and the company. */
export function customerAudienceOf(ticket: AudienceFields): string[] {
	if (ticket.deletedAt !== null) return [];
	return [ofCustomer(ticket.customerId), ...(ticket.companyId ? [ofCompany(ticket.companyId)] : [])];
}

/** The words by which somebody of staff, or an integration, finds tickets: all, or those of groups, assigned and followed. */
export function staffWords(caller: TenantCaller): string[] {
	if (callerReach(caller, "tickets.read") !== "groups") return [EVERYBODY];
	const { agentTicketScope } = caller.tenant.settings;
	if (caller.role === "agent" && agentTicketScope === "all") return [EVERYBODY];
	const groups = caller.role === "agent" && agentTicketScope === "assigned" ? [] : caller.groupIds;
	return [...groups.map(ofGroup), ofPerson(caller.id)];
}

/** The words by which a customer finds tickets: its own, and those of the companies that share theirs with it. */
export function customerWords(caller: TenantCaller, companies: readonly string[]): string[] {
	return [ofCustomer(caller.id), ...companies.map(ofCompany)];
}
