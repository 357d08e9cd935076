import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { startCustomerDesk } from "../support/customer-desk.ts";
import type { Client, Desk, DeskTenant } from "../support/desk.ts";
import { until } from "../support/until.ts";

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
let cora: string;
let customer: Client;

interface Ticket {
	id: string;
	number: number;
	version: number;
	status: string;
	messageCount: number;
	mergedIntoId: string | null;
	messages: { id: string; body: string; seq: number; originTicketId: string | null }[];
}

beforeAll(async () => {
	({ desk, home, foreign, cora, customer } = await startCustomerDesk());
}, 60_000);
afterAll(() => desk?.stop());

async function open(fields: object = {}): Promise<Ticket> {
	const body = { subject: "Broken", description: "It is broken", customerId: cora, asCustomer: true, ...fields };
	return (await home.as.supervisor<Ticket>("POST", "/tickets", { body })).body;
}
const read = async (id: string, client: Client = home.as.supervisor) =>
	(await client<Ticket>("GET", `/tickets/${id}`)).body;

test("a merge honours If-Match and takes effect once", async () => {
	const [source, target] = [await open(), await open()];
	const merge = (headers: Record<string, string>) =>
		home.as.supervisor<Ticket>("POST", `/tickets/${source.id}/merge`, { body: { targetId: target.id }, headers });
	expect((await merge({ "if-match": '"v99"' })).status).toBe(412);
	const headers = { "if-match": `"v${(await read(source.id)).version}"`, "idempotency-key": newId() };
	const first = await merge(headers);
	expect([first.status, first.body.id, first.headers.get("etag")]).toEqual([
		...[200, target.id, `"v${first.body.version}"`],
	]);
	const again = await merge(headers);
	expect([again.status, again.body, again.headers.get("idempotency-replayed")]).toEqual([200, first.body, "true"]);
	expect(await read(target.id)).toMatchObject({ messageCount: 2 });
});

test("tickets of another tenant are not there to be merged, split or redacted", async () => {
	const [source, target] = [await open(), await open()];
	const { owner } = foreign.as;
	const made = await owner<{ id: string }>("POST", "/customers", { body: { name: "Else" } });
	const own = await owner<Ticket>("POST", "/tickets", {
		body: { subject: "Own", description: "Own", customerId: made.body.id },
	});
	const message = source.messages[0]?.id ?? "";
	for (const [route, body] of [
		[`/tickets/${source.id}/merge`, { targetId: own.body.id }],
		[`/tickets/${own.body.id}/merge`, { targetId: target.id }],
		[`/tickets/${own.body.id}/merge`, { sourceIds: [source.id] }],
		[`/tickets/${own.body.id}/merge/preview`, { targetId: target.id }],
		[`/tickets/${source.id}/split`, { messageIds: [message] }],
		[`/tickets/${source.id}/messages/${message}/redact`, { reason: "Why" }],
		[`/tickets/${own.body.id}/messages/${message}/redact`, { reason: "Why" }],
	] as const)
		expect([route, (await owner("POST", route, { body })).status]).toEqual([route, 404]);
	expect((await owner("POST", `/tickets/${own.body.id}/split`, { body: { messageIds: [message] } })).status).toBe(422);
});

test("the customer sees one conversation without the notes, and goes on writing to either", async () => {
	const [source, target] = [await open(), await open()];
	const say = (client: Client, id: string, body: object) =>
		client<{ ticketId: string; redirectedTo: string | null; followUp: boolean }>("POST", `/tickets/${id}/messages`, {
			body,
		});
	await say(home.as.supervisor, source.id, { body: "A secret", kind: "internal_note" });
	await say(home.as.supervisor, source.id, { body: "An answer" });
	await home.as.supervisor("POST", `/tickets/${source.id}/merge`, { body: { targetId: target.id, comment: "Why" } });
	const seen = await read(target.id, customer);
	expect(seen.messages.map(({ body, seq }) => [seq, body])).toEqual([
		[1, "It is broken"],
		[2, "It is broken"],
		[3, "An answer"],
	]);
	expect(await read(source.id, customer)).toMatchObject({ status: "closed", mergedIntoId: target.id, messageCount: 2 });
	const answer = await say(customer, source.id, { body: "Thank you" });
	expect([answer.status, answer.headers.get("x-conductor-follow-up"), answer.body]).toMatchObject([
		...[201, null, { ticketId: target.id, redirectedTo: target.id, followUp: false }],
	]);
	expect((await customer("POST", `/tickets/${target.id}/merge`, { body: { targetId: source.id } })).status).toBe(403);
});

test("read models follow: counters, search and events", async () => {
	const word = "quokkaword";
	const [source, target] = [await open({ description: `About the ${word}` }), await open()];
	const counters = async () =>
		(await home.as.owner<{ ticketCounters: { open: number } }>("GET", `/customers/${cora}`)).body.ticketCounters.open;
	const found = async () => {
		const route = `/tickets/search?q=${word}&consistency=wait`;
		return (await home.as.owner<{ data: { id: string }[] }>("GET", route)).body.data.map(({ id }) => id).sort();
	};
	await until(async () => (await found()).length === 1);
	const before = await counters();
	await home.as.supervisor("POST", `/tickets/${source.id}/merge`, { body: { targetId: target.id } });
	await until(async () => (await counters()) === before - 1);
	await until(async () => (await found()).length === 2);
	const message = (await read(target.id)).messages.find(({ body }) => body.includes(word))?.id;
	const route = `/tickets/${target.id}/messages/${message}/redact`;
	expect((await home.as.supervisor("POST", route, { body: { reason: "Not meant" } })).status).toBe(200);
	await until(async () => (await found()).length === 0);
	const log = await desk.app.runtime.events.read({ limit: 10_000, types: ["ticket.*"] });
	const events = log.map(({ event }) => event as DomainEvent<{ sourceId?: string; messageIds?: string[] }>);
	const merged = events.filter(({ type, data }) => type === "ticket.merged" && data.sourceId === source.id);
	expect(merged.map(({ subject }) => subject)).toEqual([`ticket/${source.id}`]);
	expect(JSON.stringify(events.filter(({ type }) => type !== "ticket.created"))).not.toContain(word);
	// Every version of a ticket is told of, so that whoever follows knows that nothing is missing.
	for (const { id } of [source, target]) {
		const told = new Set(events.filter(({ subject }) => subject === `ticket/${id}`).map(({ sequence }) => sequence));
		const { version } = await read(id);
		expect([...told].sort((a, b) => a - b)).toEqual(Array.from({ length: version }, (_, index) => index + 1));
	}
});
