import { type Client, type Desk, type DeskTenant, startDesk } from "../../support/desk.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";

export interface Rule {
	id: string;
	version: number;
	position: number;
	active: boolean;
	name: string;
	warnings: { pointer: string; code: string }[];
}
export interface Ticket {
	id: string;
	version: number;
	status: string;
	priority: string;
	tags: string[];
	assigneeId: string | null;
	groupId: string | null;
	followerIds: string[];
	customFields: Record<string, unknown>;
	escalationLevel: number;
	escalatedAt: string | null;
	firstRespondedAt: string | null;
	waitingSince: string | null;
	messages: { kind: string; authorType: string; body: string; bodyHtml: string; authorId: string | null }[];
}
export interface Page<T> {
	data: T[];
	unreadCount?: number;
}
export interface Run {
	ticketId: string;
	matched: boolean;
	depth: number;
	level: number | null;
	actionResults: { type: string; status: string; code?: string }[];
}
export interface AuditRow {
	action: string;
	cause: { type: string; id: string | null };
	actor: { type: string };
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

/** The body of an answer. @throws Error where it is no good one */
export async function must<T>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300) throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body;
}

/** A tenant of a desk with a customer, and what tests of rules do there as its owner. */
export interface RulesTenant {
	home: DeskTenant;
	owner: Client;
	customerId: string;
	rule(body: object): Promise<Rule>;
	open(fields?: object): Promise<Ticket>;
	read(id: string): Promise<Ticket>;
	change(id: string, body: object): Promise<Ticket>;
	say(id: string, body: object): Promise<unknown>;
	/** what a rule did, the last first */
	runsOf(ruleId: string): Promise<Run[]>;
	auditOf(ticketId: string): Promise<AuditRow[]>;
	/** removes what a test has added */
	clear(): Promise<void>;
}

/** A desk whose time the test moves. It is a Monday, one hour after the default calendar's business hours began. */
export async function startRulesDesk(): Promise<{ clock: ManualClock; desk: Desk }> {
	const clock = manualClock("2026-03-02T10:00:00.000Z");
	return { clock, desk: await startDesk({ clock }) };
}

export async function rulesTenant(desk: Desk): Promise<RulesTenant> {
	const home = await desk.tenant();
	const { owner } = home.as;
	const cora = { name: "Cora <b>Customer</b>", email: "cora@customers.example" };
	const { id: customerId } = await must<{ id: string }>(owner, "POST", "/customers", cora);
	return {
		...{ home, owner, customerId },
		rule: (body) => must(owner, "POST", "/rules", body),
		open: (fields = {}) =>
			must(owner, "POST", "/tickets", {
				...{ subject: "Printer on fire", description: "Please help", customerId, groupId: home.groupId },
				...fields,
			}),
		read: (id) => must(owner, "GET", `/tickets/${id}`),
		change: (id, body) => must(owner, "PUT", `/tickets/${id}`, body),
		say: (id, body) => must(owner, "POST", `/tickets/${id}/messages`, body),
		runsOf: async (id) => (await must<Page<Run>>(owner, "GET", `/rules/${id}/runs`)).data,
		auditOf: async (id) => (await must<Page<AuditRow>>(owner, "GET", `/tickets/${id}/audit?limit=100`)).data,
		async clear() {
			const { data } = await must<Page<Rule>>(owner, "GET", "/rules?limit=100");
			for (const { id, active, name } of data) if (active || name === "off") await owner("DELETE", `/rules/${id}`);
		},
	};
}
