import { createTicket, deleteTicket, updateTicket } from "../../contracts/tickets.ts";
import { newId } from "../../lib/ids.ts";
import { populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
beforeAll(async () => {
	desk = await startTickets();
});
afterAll(() => desk?.stop());

test("a change that is sent again gets its answer, also where the ticket was deleted since", async () => {
	const home = populate(desk);
	const { id } = await desk.call(createTicket, { subject: "x", customerId: home.cora.id }, home.owner);
	const meta = { commandId: newId() };
	const change = { id, priority: "high" as const };
	const first = await desk.call(updateTicket, change, home.owner, meta);
	await desk.call(deleteTicket, { id }, home.owner);
	expect(await desk.call(updateTicket, change, home.owner, meta)).toEqual(first);
	expect((await refusal(desk.call(updateTicket, change, home.owner, { commandId: newId() }))).code).toBe(404);
});
