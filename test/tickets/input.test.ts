import { createTicket, updateTicket } from "../../contracts/tickets.ts";
import { type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
}, 30_000);
afterAll(() => desk?.stop());

test("a subject is measured without the space around it", async () => {
	const longest = `${"ü".repeat(254)}😀`;
	const made = await desk.call(createTicket, { subject: ` ${longest}\n`, customerId: home.cora.id }, home.owner);
	expect(made.subject).toBe(longest);
	for (const subject of [`${longest}x`, " \t "])
		expect(await refusal(desk.call(updateTicket, { id: made.id, subject }, home.owner))).toMatchObject({
			code: 422,
			data: { errors: [{ pointer: "/subject" }] },
		});
});
