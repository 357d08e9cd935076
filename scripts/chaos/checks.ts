import { REDACTED } from "../../contracts/customer-erasure.ts";
import type { PatientClient } from "./client.ts";
import { compare, type Differences, everything, once, type Page } from "./differences.ts";
import type { ModelTenant, ModelTicket } from "./model.ts";

interface TicketRow extends Omit<ModelTicket, "messages" | "solves" | "busy" | "queued"> {
	messageCount: number;
}

/** Every acknowledged command about tickets is in the store, once, and nothing else is. */
export async function ticketsInStore(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const rows = await everything<TicketRow>(client, tenant.ownerToken, "/tickets?sort=number");
	once(
		differences,
		"the ticket number",
		rows.map(({ number }) => String(number)),
	);
	once(
		differences,
		"the subject",
		rows.map(({ subject }) => subject).filter((subject) => subject !== REDACTED),
	);
	const stored = new Map(rows.map((row) => [row.id, row]));
	compare(differences, `${tenant.slug}: number of tickets`, rows.length, tenant.tickets.length);
	for (const ticket of tenant.tickets) {
		const row = stored.get(ticket.id);
		if (!row) {
			differences.push(`ticket ${ticket.id} (${ticket.subject}) was acknowledged and is not there`);
			continue;
		}
		const fields = ["number", "customerId", "status", "priority", "assigneeId"] as const;
		for (const field of fields) compare(differences, `ticket ${ticket.id}: ${field}`, row[field], ticket[field]);
		compare(differences, `ticket ${ticket.id}: subject`, row.subject, ticket.erased ? REDACTED : ticket.subject);
		compare(differences, `ticket ${ticket.id}: messageCount`, row.messageCount, ticket.messages.length);
		if (ticket.version >= 0) compare(differences, `ticket ${ticket.id}: version`, row.version, ticket.version);
	}
	return differences;
}

const isCustomers = (body: string) => /^(customer|First) /.test(body);

/** Every acknowledged message is in its thread, once, in its place. */
export async function messagesInStore(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const written = tenant.tickets.filter(({ messages, erased }) => messages.length > 1 || erased);
	let next = 0;
	const worker = async () => {
		for (let ticket = written[next++]; ticket; ticket = written[next++]) {
			const rows = await everything<{ body: string }>(client, tenant.ownerToken, `/tickets/${ticket.id}/messages`);
			const bodies = rows.map(({ body }) => body);
			const left = ticket.messages.map((body) => (ticket.erased && isCustomers(body) ? REDACTED : body));
			compare(differences, `ticket ${ticket.id}: messages`, bodies, left);
		}
	};
	await Promise.all(Array.from({ length: 8 }, worker));
	return differences;
}

interface CustomerRow {
	id: string;
	name: string;
	emails: { value: string }[];
	tags: string[];
	ticketCounters: { open: number; total: number };
}

const DONE = ["solved", "closed"];

/** Customers are as acknowledged, and their counters, which follow the tickets' events, equal a recount. */
export async function customersInStore(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const rows = await everything<CustomerRow>(client, tenant.ownerToken, "/customers");
	once(
		differences,
		"the e-mail address",
		rows.flatMap(({ emails }) => emails.map(({ value }) => value)),
	);
	const stored = new Map(rows.map((row) => [row.id, row]));
	const kept = tenant.customers.filter(({ mergedIntoId }) => mergedIntoId === null);
	compare(differences, `${tenant.slug}: number of customers`, rows.length, kept.length + tenant.voters.length);
	for (const customer of kept) {
		const row = stored.get(customer.id);
		if (!row) {
			differences.push(`customer ${customer.id} (${customer.name}) was acknowledged and is not there`);
			continue;
		}
		if (customer.erased) {
			const { name, emails, tags } = row;
			compare(
				differences,
				`customer ${customer.id}: what is left`,
				[emails, tags, name === customer.name],
				[[], [], false],
			);
			continue;
		}
		compare(differences, `customer ${customer.id}: name`, row.name, customer.name);
		compare(differences, `customer ${customer.id}: tags`, [...row.tags].sort(), [...customer.tags].sort());
		const own = tenant.tickets.filter(({ customerId }) => customerId === customer.id);
		const open = own.filter(({ status }) => !DONE.includes(status)).length;
		const { open: countedOpen, total: countedTotal } = row.ticketCounters;
		const counted = { open: countedOpen, total: countedTotal };
		compare(differences, `customer ${customer.id}: counters`, counted, { open, total: own.length });
	}
	return differences;
}

interface ArticleRow {
	id: string;
	title: string;
	helpfulCount: number;
	notHelpfulCount: number;
}

/** Articles are there once, with every reader's last vote counted once. */
export async function articlesInStore(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const rows = await everything<ArticleRow>(client, tenant.ownerToken, "/knowledge-base/articles");
	const stored = new Map(rows.map((row) => [row.id, row]));
	compare(differences, `${tenant.slug}: number of articles`, rows.length, tenant.articles.length);
	for (const article of tenant.articles) {
		const row = stored.get(article.id);
		const votes = [...article.votes.values()];
		const helpful = votes.filter((value) => value === 1).length;
		compare(differences, `article ${article.id}: votes`, row && [row.helpfulCount, row.notHelpfulCount], [
			helpful,
			votes.length - helpful,
		]);
	}
	return differences;
}

async function found(client: PatientClient, token: string, route: string): Promise<number> {
	const { page } = await client.read<Page<unknown>>(token, `${route}&limit=1&count=true`);
	return typeof page.total === "object" ? page.total.value : (page.total ?? -1);
}

/** The index of the search service holds each document once, as it is now. Ask with one copy of it running at a time. */
export async function search(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const { ownerToken: token, articles, slug } = tenant;
	const tickets = tenant.tickets.filter(({ erased }) => !erased);
	const ask = async (route: string, mustBe: number) =>
		compare(differences, `${slug}: found by ${route}`, await found(client, token, route), mustBe);
	await ask("/tickets/search?q=chaos", tickets.length);
	await ask("/knowledge-base/search?q=chaos", articles.length);
	for (const status of ["new", "open", "solved"])
		await ask(`/tickets/search?q=chaos&status=${status}`, tickets.filter((one) => one.status === status).length);
	for (const priority of ["low", "normal", "high", "urgent"])
		await ask(
			`/tickets/search?q=chaos&priority=${priority}`,
			tickets.filter((one) => one.priority === priority).length,
		);
	for (const { id } of tenant.agents)
		await ask(`/tickets/search?q=chaos&assigneeId=${id}`, tickets.filter(({ assigneeId }) => assigneeId === id).length);
	const live = tenant.customers.filter(({ mergedIntoId, erased }) => mergedIntoId === null && !erased);
	for (const word of ["customer", "writer"]) {
		const named = live.filter(({ name }) => name.toLowerCase().startsWith(`${word} `)).length;
		await ask(`/customers/search?q=${word}`, named);
	}
	return differences;
}

interface Stats {
	now: {
		backlog: number;
		unassigned: number;
		urgent: number;
		byStatus: Record<string, number>;
		byPriority: Record<string, number>;
	};
	kpis: Record<"created" | "solvedTickets" | "solveEvents" | "replies" | "internalNotes" | "customerMessages", number>;
}

/** The dashboard's numbers equal a recount of what was acknowledged. */
export async function dashboardNumbers(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const { now, kpis } = await client.read<Stats>(tenant.ownerToken, "/dashboard/stats");
	const { tickets, slug } = tenant;
	const backlog = tickets.filter(({ status }) => !DONE.includes(status));
	const say = (name: string, is: unknown, mustBe: unknown) => compare(differences, `${slug}: ${name}`, is, mustBe);
	say("backlog", now.backlog, backlog.length);
	say("unassigned", now.unassigned, backlog.filter(({ assigneeId }) => assigneeId === null).length);
	say("urgent", now.urgent, backlog.filter(({ priority }) => priority === "urgent").length);
	for (const status of Object.keys(now.byStatus))
		say(`backlog by status ${status}`, now.byStatus[status], backlog.filter((one) => one.status === status).length);
	for (const priority of Object.keys(now.byPriority))
		say(
			`backlog of priority ${priority}`,
			now.byPriority[priority],
			backlog.filter((one) => one.priority === priority).length,
		);
	const messages = tickets.flatMap((ticket) => ticket.messages);
	const by = (author: string) => messages.filter((body) => body.startsWith(`${author} `)).length;
	say("created", kpis.created, tickets.length);
	say(
		"solveEvents",
		kpis.solveEvents,
		tickets.reduce((sum, { solves }) => sum + solves, 0),
	);
	say("replies", kpis.replies, by("agent"));
	say("internalNotes", kpis.internalNotes, by("note"));
	say("customerMessages", kpis.customerMessages, by("customer") + by("First"));
	return differences;
}

/**
 * The feed tells of each thing once. `committed` are the ids of all committed events by their type, as the services keep
 * them: those whose type is in the feed must be there, and no other.
 */
export async function activity(
	client: PatientClient,
	tenant: ModelTenant,
	committed: ReadonlyMap<string, ReadonlySet<string>>,
): Promise<Differences> {
	const differences: Differences = [];
	const rows = await everything<{ id: string; type: string; subject: string }>(
		client,
		tenant.ownerToken,
		"/dashboard/activity",
	);
	once(
		differences,
		"the activity",
		rows.map(({ id }) => id),
	);
	const of = (type: string) => rows.filter((row) => row.type === type).map(({ subject }) => subject);
	const count = (type: string, mustBe: number) =>
		compare(differences, `${tenant.slug}: ${type} in the feed`, of(type).length, mustBe);
	once(differences, "in the feed, the creation of", of("ticket.created"));
	once(differences, "in the feed, the creation of", of("customer.created"));
	count("ticket.created", tenant.tickets.length);
	// A request that failed may have made a customer and taken it back: both are told.
	const customers = of("customer.created").length - of("customer.deleted").length;
	compare(
		differences,
		`${tenant.slug}: customers in the feed`,
		customers,
		tenant.customers.length + tenant.voters.length,
	);
	count(
		"message.added",
		tenant.tickets.reduce((sum, { messages }) => sum + messages.length, 0),
	);
	count(
		"ticket.solved",
		tenant.tickets.reduce((sum, { solves }) => sum + solves, 0),
	);
	count("article.published", tenant.articles.length);
	for (const type of new Set(rows.map((row) => row.type))) {
		const ids = committed.get(type);
		if (!ids) continue;
		const shown = new Set(rows.filter((row) => row.type === type).map(({ id }) => id));
		const missing = [...ids].filter((id) => !shown.has(id));
		if (missing.length > 0) differences.push(`${missing.length} ${type} are not in the feed, such as ${missing[0]}`);
		if (shown.size + missing.length > ids.size) differences.push(`the feed has ${type} that nobody committed`);
	}
	return differences;
}

/** No saga is stuck or still under way. One that took back what it did is done: its client was refused, or asked again. */
export async function sagas(client: PatientClient, platformToken: string): Promise<Differences> {
	const route = "/sagas?status=running,compensating,stuck";
	const rows = await everything<{ id: string; type: string; status: string; step: string; error: unknown }>(
		client,
		platformToken,
		route,
	);
	return rows.map(
		({ id, type, status, step, error }) => `saga ${type} ${id} is ${status} at ${step}: ${JSON.stringify(error)}`,
	);
}

interface Group {
	group: string;
	lag: number;
	parked: number;
	dead: number;
	active: boolean;
}

/** Every consumer of events has handled all of them, and gave none up. */
export async function consumers(client: PatientClient, platformToken: string): Promise<Differences> {
	const { data } = await client.read<{ data: Group[] }>(platformToken, "/operations/event-groups");
	return data
		.filter(({ lag, parked, dead }) => lag > 0 || parked > 0 || dead > 0)
		.map(
			({ group, lag, parked, dead, active }) =>
				`${group}: ${lag} behind, ${parked} parked, ${dead} given up, ${active ? "active" : "nobody consumes"}`,
		);
}
