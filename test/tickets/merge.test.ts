import fc from "fast-check";
import { uploadPart } from "../../contracts/attachments.ts";
import type { Caller } from "../../contracts/caller.ts";
import { mergeTickets, previewTicketMerge, splitTicket } from "../../contracts/ticket-merge.ts";
import { addFollower, addLink } from "../../contracts/ticket-relations.ts";
import { addMessage, listAudit, listMessages } from "../../contracts/ticket-threads.ts";
import { createTicket, getTicket, updateTicket } from "../../contracts/tickets.ts";
import { customer as customerCaller } from "../support/callers.ts";
import { type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let world: Populated;

beforeAll(async () => {
	desk = await startTickets();
	world = populate(desk);
}, 60_000);
afterAll(() => desk?.stop());

const minute = () => desk.clock.advance(60_000);

async function open(fields: object = {}, caller: Caller = world.supervisor) {
	minute();
	return desk.call(
		createTicket,
		{ subject: "Help", description: "It is broken", customerId: world.cora.id, asCustomer: true, ...fields } as never,
		caller,
	);
}

async function say(id: string, body: string, fields: object = {}, caller: Caller = world.supervisor) {
	minute();
	return desk.call(addMessage, { id, body, ...fields } as never, caller);
}

const merge = (id: string, fields: object, caller: Caller = world.supervisor) =>
	desk.call(mergeTickets, { id, ...fields } as never, caller);
const read = (id: string, caller: Caller = world.supervisor) => desk.call(getTicket, { id }, caller);
const thread = async (id: string, caller: Caller = world.supervisor) =>
	(await desk.call(listMessages, { id, limit: 100 } as never, caller)).data;

test("the source is closed and its messages are in the target, by their own time", async () => {
	const target = await open({ subject: "Target", tags: ["a", "b"], ccEmails: ["x@mail.example"] });
	const source = await open({ subject: "Source", tags: ["b", "c"], ccEmails: ["y@mail.example"] });
	await say(target.id, "What is broken?");
	await say(source.id, "All of it", { asCustomer: true });
	await say(source.id, "Remember this", { kind: "internal_note" });
	await say(target.id, "Still there?");
	await desk.call(addFollower, { id: source.id, userId: world.agent.id }, world.supervisor);
	const before = await thread(source.id);
	const answer = await merge(source.id, { targetId: target.id });
	expect(answer).toMatchObject({ id: target.id, mergedIds: [source.id], messageCount: 6, tags: ["a", "b", "c"] });
	expect(answer).toMatchObject({ ccEmails: ["x@mail.example", "y@mail.example"], followerIds: [world.agent.id] });
	const messages = await thread(target.id);
	expect(messages.map(({ body }) => body)).toEqual([
		...["It is broken", "It is broken", "What is broken?", "All of it", "Remember this", "Still there?"],
	]);
	expect(messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6]);
	expect(messages.map(({ originTicketId }) => originTicketId)).toEqual([
		...[null, source.id, null, source.id, source.id, null],
	]);
	const copies = messages.filter(({ originTicketId }) => originTicketId === source.id);
	expect(copies.map(({ createdAt }) => createdAt)).toEqual(before.map(({ createdAt }) => createdAt));
	expect(await read(source.id)).toMatchObject({ status: "closed", mergedIntoId: target.id, solvedAt: null });
	expect((await thread(source.id)).map(({ body }) => body)).toEqual(before.map(({ body }) => body));
	// Without the note, which is no customer's business.
	const theirs = await thread(target.id, world.customer);
	expect(theirs.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
	for (const id of [source.id, target.id]) {
		const { data } = await desk.call(listAudit, { id, limit: 100 } as never, world.supervisor);
		expect(data.map(({ action }) => action)).toContain("ticket.merged");
	}
	const events = await desk.eventsOf(source.id);
	expect(events.map(({ type }) => type).slice(-3)).toEqual([
		...["ticket.status_changed", "ticket.closed", "ticket.merged"],
	]);
	expect(events.at(-1)?.data).toMatchObject({ sourceId: source.id, targetId: target.id });
});
