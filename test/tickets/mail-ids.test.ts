import { addMessage, listMessages } from "../../contracts/ticket-threads.ts";
import { createTicket, listTickets } from "../../contracts/tickets.ts";
import { customer } from "../support/callers.ts";
import { type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
let home: Populated;
beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
}, 30_000);
afterAll(() => desk?.stop());

const asMail = (messageId: string, caller = home.owner) =>
	desk.call(
		createTicket,
		{
			subject: "By mail",
			message: { body: "Hello", messageId },
			customerId: caller.kind === "customer" ? caller.id : home.cora.id,
			...(caller.kind === "customer" ? {} : { asCustomer: true }),
		},
		caller,
	);

test("a mail becomes a message once, in whichever ticket it is", async () => {
	const opened = await asMail("<first@mail.example>");
	const [first] = opened.messages;
	expect(first).toMatchObject({ messageId: "<first@mail.example>" });
	const known = { existingId: first?.id, ticketId: opened.id };
	expect(await refusal(asMail("<first@mail.example>"))).toMatchObject({
		code: 409,
		type: "duplicate",
		data: { extra: known },
	});
	const reply = { id: opened.id, body: "And", asCustomer: true, inReplyTo: "the mail of 3 May <first@mail.example>" };
	const added = await desk.call(addMessage, { ...reply, messageId: "second mail" }, home.owner);
	expect(added).toMatchObject({ messageId: "second mail", inReplyTo: reply.inReplyTo });
	for (const messageId of ["second mail", "<first@mail.example>"])
		expect(await refusal(desk.call(addMessage, { ...reply, messageId }, home.owner))).toMatchObject({
			type: "duplicate",
		});
	const thread = await desk.call(listMessages, { id: opened.id }, home.owner);
	expect(thread.data).toHaveLength(2);
});

test("of the same mail brought ten times at once, one is taken", async () => {
	const count = async () => (await desk.call(listTickets, { count: true, limit: 1 }, home.owner)).page.total as number;
	const before = await count();
	const all = await Promise.allSettled(Array.from({ length: 10 }, () => asMail("<race@mail.example>")));
	expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
	for (const one of all)
		if (one.status === "rejected") expect(one.reason).toMatchObject({ code: 409, type: "duplicate" });
	expect(await count()).toBe(before + 1);
});

test("only imports and mail gateways may name a mail, and customers are not shown it", async () => {
	const self = customer(home.owner.tenant as never, home.cora.id);
	for (const caller of [home.supervisor, home.agent, self])
		expect(await refusal(asMail("<mine@mail.example>", caller))).toMatchObject({ code: 403 });
	const opened = await asMail("<hidden@mail.example>");
	const thread = await desk.call(listMessages, { id: opened.id }, self);
	expect(thread.data[0]).not.toHaveProperty("messageId");
});

test("another tenant's mail with the same id is another mail", async () => {
	const foreign = populate(desk);
	await asMail("<shared@mail.example>");
	const there = await desk.call(
		createTicket,
		{
			subject: "By mail",
			message: { body: "Hello", messageId: "<shared@mail.example>" },
			customerId: foreign.cora.id,
			asCustomer: true,
		},
		foreign.owner,
	);
	expect(there.messages).toHaveLength(1);
});
