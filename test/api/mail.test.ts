import { existsSync } from "node:fs";
import path from "node:path";
import { type Api, apiOf } from "../../scripts/api-client.ts";
import { type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { importMail, type Mail, type Outcome, readMail, threadRoots } from "../support/import-mail.ts";

/*
 * Real mail, with all that is odd about it, goes in through the public API. Then lists, threads, filters and counts are
 * asked and must agree with what a plain count over the mails says.
 */

const REAL = path.resolve(import.meta.dirname, "../../../shared/data/mail.ndjson");
/** Enough for every oddity, few enough for a quick test. `MAIL=all` takes them all. */
const SOME = process.env.MAIL === "all" ? Number.POSITIVE_INFINITY : 120;

/** Mail of our own with the oddities of real mail, also for machines that do not have that. */
const OWN: Mail[] = [
	{
		id: "<1@a>",
		inReplyTo: null,
		from: { name: "Ann", email: "ann@mail.example" },
		date: "2002-02-01T05:44:14.000Z",
		subject: "Help",
		text: "Hello\n> quoted",
	},
	{
		id: "<2@b>",
		inReplyTo: "<1@a>",
		from: { name: "Bob", email: "BOB@Mail.example" },
		date: "2002-02-01T06:00:00.000Z",
		subject: "Re: Help",
		text: "Try this",
	},
	{
		id: "<3@a>",
		inReplyTo: "<2@b>",
		from: { name: null, email: "Ann@MAIL.example" },
		date: "2002-01-31T06:00:00.000Z",
		subject: "Re: Help",
		text: "It works",
	},
	{
		id: "<4@c>",
		inReplyTo: "<gone@x>",
		from: { name: "", email: "carl@mail.example" },
		date: "2002-02-02T06:00:00.000Z",
		subject: "x".repeat(300),
		text: "Too long a subject",
	},
	{
		id: "<5@c>",
		inReplyTo: "<4@c>",
		from: { name: "Carl", email: "carl@mail.example" },
		date: "2002-02-02T07:00:00.000Z",
		subject: "y",
		text: "An answer to it",
	},
	{
		id: "<6@d>",
		inReplyTo: null,
		from: { name: "Dä 日本", email: "d@mail.example" },
		date: "2002-02-03T07:00:00.000Z",
		subject: "日本語",
		text: "\u0000nul",
	},
];

interface Row {
	id: string;
	subject: string;
	customerId: string;
	messageCount: number;
	channel: string;
}

let desk: Desk;
let tenant: DeskTenant;
let mails: Mail[];
let outcomes: Outcome[];

beforeAll(async () => {
	desk = await startDesk();
	tenant = await desk.tenant();
	const { body } = await tenant.as.owner<{ token: string }>("POST", "/tokens", {
		body: { name: "mail", userId: tenant.userIds.owner },
	});
	const api: Api = apiOf(desk.origin, body.token);
	mails = [...OWN, ...(existsSync(REAL) ? readMail(REAL).slice(0, SOME) : [])];
	outcomes = await importMail(api, mails);
}, 300_000);
afterAll(() => desk?.stop());

async function everything<T>(route: string): Promise<T[]> {
	const rows: T[] = [];
	let cursor = "";
	do {
		const { body } = await tenant.as.owner<{ data: T[]; page: { nextCursor: string | null } }>(
			"GET",
			`${route}${cursor}`,
		);
		rows.push(...body.data);
		cursor = body.page.nextCursor ? `&cursor=${body.page.nextCursor}` : "";
	} while (cursor !== "");
	return rows;
}

const taken = () => outcomes.filter((outcome) => outcome.ticketId !== null);
const countBy = <T>(list: T[], key: (item: T) => string): Record<string, number> => {
	const counts: Record<string, number> = {};
	for (const item of list) counts[key(item)] = (counts[key(item)] ?? 0) + 1;
	return counts;
};

test("every mail is accounted for: taken, or refused for a reason that is right", () => {
	expect(outcomes).toHaveLength(mails.length);
	const roots = threadRoots(mails);
	const refusedIds = new Set(outcomes.filter(({ refused }) => refused).map(({ mail }) => mail.id));
	for (const { mail, refused, ticketId } of outcomes) {
		expect((refused === null) !== (ticketId === null)).toBe(true);
		if (!refused) continue;
		const root = roots.get(mail.id) ?? mail.id;
		const followsRefused = root !== mail.id && refusedIds.has(root);
		const unfit =
			mail.subject.trim() === "" ||
			mail.subject.trim().length > 255 ||
			mail.text.trim() === "" ||
			Buffer.byteLength(mail.text) > 65_536 ||
			Date.parse(mail.date) > Date.now() ||
			!/^[^\s@]+@[^\s@]+$/.test(mail.from.email.trim());
		expect({ id: mail.id, refused, right: followsRefused || unfit }).toMatchObject({ right: true });
	}
});

test("lists, threads and counts agree with a count over the mails", async () => {
	const tickets = await everything<Row>("/tickets?limit=100&channel=email");
	expect(tickets).toHaveLength(new Set(taken().map((outcome) => outcome.ticketId)).size);
	const perTicket = countBy(taken(), (outcome) => outcome.ticketId as string);
	expect(Object.fromEntries(tickets.map((ticket) => [ticket.id, ticket.messageCount]))).toEqual(perTicket);

	const { body: counted } = await tenant.as.owner<{ page: { total: number } }>(
		"GET",
		"/tickets?limit=1&count=true&channel=email",
	);
	expect(counted.page.total).toBe(tickets.length);
});

test("every sender is one customer, however the address was written, with the tickets of that sender", async () => {
	const customers = await everything<{ id: string; email: string }>("/customers?limit=100");
	const senders = new Set(
		outcomes
			.filter(({ customerId }) => customerId)
			.map(({ mail }) => mail.from.email.trim().normalize("NFKC").toLowerCase()),
	);
	expect(customers.map((customer) => customer.email.toLowerCase()).sort()).toEqual([...senders].sort());

	const roots = threadRoots(mails);
	const started = taken().filter(({ mail }) => roots.get(mail.id) === mail.id);
	const expected = countBy(started, (outcome) => outcome.customerId as string);
	const busiest = Object.entries(expected)
		.sort((a, b) => b[1] - a[1])
		.slice(0, 10);
	for (const [customerId, count] of busiest) {
		const { body } = await tenant.as.owner<{ page: { total: number } }>(
			"GET",
			`/tickets?limit=1&count=true&customerId=${customerId}`,
		);
		expect(body.page.total).toBe(count);
	}
});

test("threads hold their mails word for word, in order", async () => {
	const byTicket = new Map<string, Mail[]>();
	for (const { ticketId, mail } of taken())
		byTicket.set(ticketId as string, [...(byTicket.get(ticketId as string) ?? []), mail]);
	const longest = [...byTicket].sort((a, b) => b[1].length - a[1].length).slice(0, 15);
	for (const [id, thread] of longest) {
		const messages = await everything<{ body: string; seq: number }>(`/tickets/${id}/messages?limit=100`);
		expect(messages.map((message) => message.seq)).toEqual(thread.map((_, index) => index + 1));
		expect(messages.map((message) => message.body)).toEqual(thread.map((mail) => mail.text));
	}
});
