import { addLink, removeLink } from "../../contracts/ticket-relations.ts";
import { createTicket, deleteTicket, getTicket, restoreTicket } from "../../contracts/tickets.ts";
import { type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
}, 30_000);
afterAll(() => desk?.stop());

const open = () => desk.call(createTicket, { subject: "Help", customerId: home.cora.id }, home.owner);

test("a link to a deleted ticket can be removed, and none be made", async () => {
	const [ticket, gone] = [await open(), await open()];
	const link = { id: ticket.id, type: "related" as const, ticketId: gone.id };
	await desk.call(addLink, link, home.owner);
	await desk.call(deleteTicket, { id: gone.id }, home.owner);
	expect((await desk.call(removeLink, { id: ticket.id, linkId: gone.id }, home.owner)).links).toEqual([]);
	expect(await refusal(desk.call(addLink, link, home.owner))).toMatchObject({ code: 404 });
	const events = (await desk.eventsOf(gone.id)).map(({ type }) => type);
	expect(events).toEqual(["ticket.created", "ticket.updated", "ticket.deleted"]);
	// Its own end waits for its return, and goes as easily.
	await desk.call(restoreTicket, { id: gone.id }, home.owner);
	expect((await desk.call(removeLink, { id: gone.id, linkId: ticket.id }, home.owner)).links).toEqual([]);
	expect((await desk.call(getTicket, { id: ticket.id }, home.owner)).links).toEqual([]);
});
