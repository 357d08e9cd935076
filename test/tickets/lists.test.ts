import { assignTicket, createTicket, listTickets, TICKET_LIST, updateTicket } from "../../contracts/tickets.ts";
import type { TicketViewShape } from "../../contracts/tickets-views.ts";
import type { Condition } from "../../lib/list-query.ts";
import { PRIORITY_ORDER, STATUS_ORDER } from "../../models/ticket.ts";
import { type Populated, populate, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
let all: TicketViewShape[];

/** A small deterministic desk of sixty tickets of every kind. */
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
	const mate = desk.neighbours.customer(home.tenant.id, { name: "Mate" });
	for (let i = 0; i < 60; i++) {
		if (i % 3) desk.clock.advance(1000);
		const ticket = await desk.call(
			createTicket,
			{
				subject: `Ticket ${i}`,
				description: "x",
				customerId: i % 4 ? home.cora.id : mate.id,
				priority: PRIORITY_ORDER[(i * 7) % 4]!,
				type: i % 2 ? "incident" : "question",
				channel: i % 5 ? "email" : "phone",
				groupId: [home.group.id, home.other.id, null][i % 3]!,
				tags: ["a", "b", "c"].filter((_, j) => (i >> j) & 1),
				customFields: i % 6 ? { plan: i % 12 < 6 ? "gold" : "silver" } : {},
			},
			home.supervisor,
		);
		const status = STATUS_ORDER[(i * 5) % 6]!;
		if (i % 3 === 0 && i % 2)
			await desk.call(assignTicket, { id: ticket.id, assigneeId: home.agent.id }, home.supervisor);
		if (status !== "new")
			await desk.call(updateTicket, { id: ticket.id, status }, home.supervisor).catch(() => undefined);
	}
	all = [];
	let cursor: string | null = null;
	do {
		const page: Awaited<ReturnType<typeof list>> = await list({ limit: 100, ...(cursor ? { cursor } : {}) });
		all.push(...page.data);
		cursor = page.page.nextCursor;
	} while (cursor);
	expect(all).toHaveLength(60);
}, 60_000);
afterAll(() => desk?.stop());

const list = (params: object, caller = home.owner) => desk.call(listTickets, params, caller);
const rank = { status: STATUS_ORDER, priority: PRIORITY_ORDER } as Record<string, readonly string[]>;

function compare(a: TicketViewShape, b: TicketViewShape, sort: string): number {
	for (const part of sort.split(",")) {
		const key = part.replace("-", "") as "priority";
		const value = (ticket: TicketViewShape) => rank[key]?.indexOf(ticket[key]) ?? ticket[key];
		const [left, right] = [value(a), value(b)];
		if (left !== right) return (left < right ? -1 : 1) * (part.startsWith("-") ? -1 : 1);
	}
	return 0;
}

/** Every page of a list, forwards; checked on the way back too. */
async function pages(params: object, caller: Populated["owner"]): Promise<TicketViewShape[]> {
	const seen: TicketViewShape[][] = [];
	let next: string | null = null;
	let last: Awaited<ReturnType<typeof list>>;
	do {
		last = await list({ ...params, limit: 11, ...(next ? { cursor: next } : {}) }, caller);
		seen.push(last.data);
		next = last.page.nextCursor;
	} while (next);
	for (let i = seen.length - 2; i >= 0; i--) {
		last = await list({ ...params, limit: 11, cursor: last.page.prevCursor! }, caller);
		expect(last.data.map(({ id }) => id)).toEqual(seen[i]!.map(({ id }) => id));
	}
	expect(last.page.prevCursor).toBeNull();
	return seen.flat();
}

const directions = TICKET_LIST.sorts.flatMap((sort) =>
	sort.includes(",") ? [sort, `-${sort}`, sort.replace(",", ",-"), `-${sort.replace(",", ",-")}`] : [sort, `-${sort}`],
);

test.each(directions)("sorted by %s, pages hold every row once, in order, for every reach", async (sort) => {
	for (const caller of [home.owner, home.agent]) {
		const rows = await pages({ sort }, caller);
		const mine = (ticket: TicketViewShape) => ticket.groupId === home.group.id || ticket.assigneeId === home.agent.id;
		const expected = all.filter((ticket) => caller === home.owner || mine(ticket));
		expect(rows.map(({ id }) => id).sort()).toEqual(expected.map(({ id }) => id).sort());
		for (let i = 1; i < rows.length; i++) expect(compare(rows[i - 1]!, rows[i]!, sort)).toBeLessThanOrEqual(0);
	}
});

type Filter = Record<string, Condition>;
const filters: [string, () => Filter, (ticket: TicketViewShape) => boolean][] = [
	["status", () => ({ status: { in: ["new", "pending"] } }), ({ status }) => status === "new" || status === "pending"],
	["not a status", () => ({ status: { ne: "closed" } }), ({ status }) => status !== "closed"],
	["priority", () => ({ priority: { eq: "urgent" } }), ({ priority }) => priority === "urgent"],
	[
		"status and priority",
		() => ({ status: { eq: "open" }, priority: { in: ["normal", "urgent"] } }),
		({ status, priority }) => status === "open" && (priority === "normal" || priority === "urgent"),
	],
	["type", () => ({ type: { eq: "incident" } }), ({ type }) => type === "incident"],
	["channel", () => ({ channel: { nin: ["email"] } }), ({ channel }) => channel === "phone"],
	["group", () => ({ groupId: { eq: home.other.id } }), ({ groupId }) => groupId === home.other.id],
	["no group", () => ({ groupId: { eq: null } }), ({ groupId }) => groupId === null],
	["assignee", () => ({ assigneeId: { eq: home.agent.id } }), ({ assigneeId }) => assigneeId === home.agent.id],
	["no assignee", () => ({ assigneeId: { eq: null } }), ({ assigneeId }) => assigneeId === null],
	["customer", () => ({ customerId: { eq: home.cora.id } }), ({ customerId }) => customerId === home.cora.id],
	["company", () => ({ companyId: { eq: home.company.id } }), ({ companyId }) => companyId === home.company.id],
	["no company", () => ({ companyId: { exists: false } }), ({ companyId }) => companyId === null],
	["a tag", () => ({ tag: { eq: "a" } }), ({ tags }) => tags!.includes("a")],
	["all tags", () => ({ tag: { all: ["a", "b"] } }), ({ tags }) => tags!.includes("a") && tags!.includes("b")],
	["any tag", () => ({ tagAny: { in: ["b", "c"] } }), ({ tags }) => tags!.includes("b") || tags!.includes("c")],
	["number", () => ({ number: { lte: 10 } }), ({ number }) => number <= 10],
	["age", () => ({ createdAt: { gte: all[30]!.createdAt } }), ({ createdAt }) => createdAt >= all[30]!.createdAt],
	["change", () => ({ updatedAt: { lt: all[30]!.updatedAt } }), ({ updatedAt }) => updatedAt < all[30]!.updatedAt],
	["solved", () => ({ solvedAt: { exists: true } }), ({ solvedAt }) => solvedAt !== null],
	[
		"a custom field",
		() => ({ customFields: { plan: { eq: "gold" } } as Condition }),
		({ customFields }) => customFields?.plan === "gold",
	],
	[
		"all at once",
		() => ({ status: { ne: "closed" }, groupId: { eq: home.group.id }, tag: { eq: "a" }, type: { eq: "incident" } }),
		({ status, groupId, tags, type }) =>
			status !== "closed" && groupId === home.group.id && tags!.includes("a") && type === "incident",
	],
];

test.each(filters)("filtered by %s, a list holds precisely those, and counts them", async (_name, filter, holds) => {
	for (const sort of ["-createdAt", "-priority,createdAt", "number"]) {
		const rows = await pages({ filter: filter(), sort }, home.owner);
		expect(rows.map(({ number }) => number).sort()).toEqual(
			all
				.filter(holds)
				.map(({ number }) => number)
				.sort(),
		);
		expect(rows.length).toBeGreaterThan(0);
		expect((await list({ filter: filter(), sort, count: true, limit: 1 })).page.total).toBe(rows.length);
	}
});

test("what is asked for comes along, each thing once", async () => {
	const { data, included } = await list({
		include: ["customer", "assignee", "group", "company", "lastMessage"],
		limit: 30,
	});
	expect(included?.customer).toHaveLength(2);
	expect(included?.group).toHaveLength(2);
	expect(included?.company).toEqual([{ id: home.company.id, name: "ACME" }]);
	const messages = (included?.lastMessage ?? []) as { ticketId: string }[];
	expect(messages.map(({ ticketId }) => ticketId).sort()).toEqual(data.map(({ id }) => id).sort());
});
