import type { Caller } from "../../contracts/caller.ts";
import { mergeTickets, redactMessage, splitTicket } from "../../contracts/ticket-merge.ts";
import { addMessage, editNote, listAudit } from "../../contracts/ticket-threads.ts";
import { createTicket, getTicket, updateTicket } from "../../contracts/tickets.ts";
import { type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let world: Populated;

beforeAll(async () => {
	desk = await startTickets();
	world = populate(desk);
}, 60_000);
afterAll(() => desk?.stop());

const open = () =>
	desk.call(
		createTicket,
		{ subject: "Help", description: "It is broken", customerId: world.cora.id, asCustomer: true } as never,
		world.supervisor,
	);
const say = (id: string, body: string, fields: object = {}) =>
	desk.call(addMessage, { id, body, ...fields } as never, world.supervisor);
const redact = (id: string, messageId: string, caller: Caller = world.supervisor) =>
	desk.call(redactMessage, { id, messageId, reason: "It named a password" } as never, caller);
const read = (id: string, caller: Caller = world.supervisor) => desk.call(getTicket, { id }, caller);

/** Everything that anybody could read of a ticket. */
async function everything(id: string): Promise<string> {
	const { data } = await desk.call(listAudit, { id, limit: 100 } as never, world.supervisor);
	return JSON.stringify([await read(id), data]);
}

test("takes the text out and says who did it and why, not what stood there", async () => {
	const { id } = await open();
	const message = await say(id, "The password is swordfish");
	const before = await read(id, world.customer);
	const answer = await redact(id, message.id);
	expect(answer).toMatchObject({ id: message.id, body: "[redacted]", redactedAt: desk.clock.now().toISOString() });
	expect(await everything(id)).not.toContain("swordfish");
	const { data } = await desk.call(listAudit, { id, limit: 100 } as never, world.supervisor);
	expect(data.at(-1)).toMatchObject({
		action: "message.redacted",
		actor: { id: world.supervisor.id },
		changes: [
			{ field: "message", from: message.id, to: message.id },
			{ field: "reason", from: null, to: "It named a password" },
		],
	});
	expect((await desk.eventsOf(id)).at(-1)).toMatchObject({
		type: "ticket.redacted",
		data: { messageIds: [message.id] },
	});
	// Whoever saw the text has to read again.
	expect((await read(id, world.customer)).version).toBe(before.version + 1);
	const audited = data.length;
	expect(await redact(id, message.id)).toMatchObject({ body: "[redacted]", version: answer.version });
	const again = await desk.call(listAudit, { id, limit: 100 } as never, world.supervisor);
	expect(again.data).toHaveLength(audited);
});

test("a corrected note is forgotten with its old texts, and no customer notices", async () => {
	const { id } = await open();
	const note = await say(id, "Swordfish, I think", { kind: "internal_note" });
	const before = await read(id, world.customer);
	const edit = (body: string) => desk.call(editNote, { id, messageId: note.id, body } as never, world.supervisor);
	await edit("Swordfish, surely");
	await redact(id, note.id);
	expect((await everything(id)).toLowerCase()).not.toContain("swordfish");
	expect((await refusal(edit("Once more"))).code).toBe(409);
	expect(await read(id, world.customer)).toEqual(before);
});

test("also of closed tickets, wherever the message is shown", async () => {
	const [source, target] = [await open(), await open()];
	const message = await say(source.id, "The password is swordfish");
	const part = await desk.call(splitTicket, { id: source.id, messageIds: [message.id] } as never, world.supervisor);
	await desk.call(mergeTickets, { id: source.id, targetId: target.id } as never, world.supervisor);
	await desk.call(updateTicket, { id: target.id, status: "closed" } as never, world.supervisor);
	const copy = (await read(target.id)).messages.find(({ originTicketId }) => originTicketId !== null && originTicketId);
	const shown = (await read(target.id)).messages.find(({ body }) => body.includes("swordfish"));
	expect(copy).toBeDefined();
	await redact(target.id, shown?.id ?? "");
	for (const { id } of [source, target, part]) {
		expect(await everything(id)).not.toContain("swordfish");
		expect((await desk.eventsOf(id)).at(-1)?.type).toBe("ticket.redacted");
	}
});

test("also out of the answers that are kept for repeats", async () => {
	const { id } = await open();
	const meta = { commandId: "say-it-once" };
	const said = () => desk.call(addMessage, { id, body: "The password is swordfish" } as never, world.supervisor, meta);
	const message = await said();
	expect((await said()).id).toBe(message.id);
	const again = () =>
		desk.call(redactMessage, { id, messageId: message.id, reason: "Why" } as never, world.supervisor, {
			commandId: "redact-it-once",
		});
	const first = await again();
	expect((await refusal(said())).code).toBe(410);
	expect(await again()).toEqual(first);
});

test("is for those who may, on tickets and messages that are there", async () => {
	const { id } = await open();
	const message = await say(id, "Something");
	for (const caller of [world.agent, world.viewer, world.customer])
		expect((await refusal(redact(id, message.id, caller))).code).toBe(403);
	expect((await refusal(redact(id, "nothing"))).code).toBe(404);
	expect((await refusal(redact("nothing", message.id))).code).toBe(404);
	const empty = desk.call(redactMessage, { id, messageId: message.id, reason: "  " } as never, world.supervisor);
	expect((await refusal(empty)).code).toBe(422);
});
