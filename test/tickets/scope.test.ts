import { companyUpdated, customerUpdated } from "../../contracts/customers-events.ts";
import { addFollower } from "../../contracts/ticket-relations.ts";
import { addMessage, listAudit, listMessages } from "../../contracts/ticket-threads.ts";
import {
	assignTicket,
	createTicket,
	getTicket,
	listCustomerTickets,
	listTickets,
	listUrgentTickets,
	updateTicket,
} from "../../contracts/tickets.ts";
import { eventually, type Populated, populate, refusal, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
beforeAll(async () => {
	desk = await startTickets();
}, 30_000);
afterAll(() => desk?.stop());

type Caller = Populated["owner"];
const opener = (home: Populated) => (fields: object) =>
	desk.call(
		createTicket,
		{ subject: "x", description: "y", priority: "urgent", customerId: home.cora.id, ...fields } as never,
		home.owner,
	);

/** The numbers of the tickets that a caller finds: in a list, and one by one. Both must agree. */
async function found(caller: Caller, ids: readonly string[]): Promise<number[]> {
	const { data, page } = await desk.call(listTickets, { count: true, limit: 100 }, caller);
	const listed = data.map(({ number }) => number).sort((a, b) => a - b);
	expect(page.total).toBe(listed.length);
	const urgent = await desk.call(listUrgentTickets, { limit: 100 }, caller);
	expect(urgent.data.map(({ number }) => number).sort((a, b) => a - b)).toEqual(listed);
	const one = [];
	for (const id of ids) {
		const ticket = await desk.call(getTicket, { id }, caller).catch((error) => error.code);
		if (typeof ticket === "object") one.push(ticket.number);
		else expect(ticket).toBe(404);
	}
	expect(one.sort((a, b) => a - b)).toEqual(listed);
	return listed;
}

test("each role finds what its setting says, in lists and one by one", async () => {
	for (const [agentTicketScope, agents, assigned] of [
		["groups", [1, 3, 4], [1, 3, 4]],
		["assigned", [3, 4], [3, 4]],
		["all", [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]],
	] as const) {
		const home = populate(desk, { agentTicketScope });
		const open = opener(home);
		const tickets = [
			await open({ groupId: home.group.id }),
			await open({ groupId: home.other.id }),
			await open({ assigneeId: home.agent.id }),
			await open({ groupId: home.other.id }),
			await open({}),
		];
		const ids = tickets.map(({ id }) => id);
		await desk.call(addFollower, { id: ids[3]!, userId: home.agent.id }, home.owner);
		for (const caller of [home.owner, home.admin, home.supervisor])
			expect(await found(caller, ids)).toEqual([1, 2, 3, 4, 5]);
		expect(await found(home.agent, ids)).toEqual([...agents]);
		expect(assigned).toEqual(agents);
		// A viewer always sees its groups.
		expect(await found(home.viewer, ids)).toEqual([1]);
		const stranger = populate(desk);
		for (const caller of [stranger.owner, stranger.agent, stranger.customer])
			expect(await found(caller, ids)).toEqual([]);
	}
});

test("another tenant's ticket is the same 404 for every request", async () => {
	const [home, foreign] = [populate(desk), populate(desk)];
	const { id } = await opener(home)({});
	const bare = ({ code, type, message }: { code: number; type: string; message?: string }) => [code, type, message];
	const requests = (ticketId: string) => [
		desk.call(getTicket, { id: ticketId }, foreign.owner),
		desk.call(updateTicket, { id: ticketId, subject: "x" }, foreign.owner),
		desk.call(addMessage, { id: ticketId, body: "x" }, foreign.owner),
		desk.call(listMessages, { id: ticketId }, foreign.owner),
		desk.call(listAudit, { id: ticketId }, foreign.owner),
		desk.call(assignTicket, { id: ticketId, assigneeId: null }, foreign.owner),
	];
	const theirs = await Promise.all(requests(id).map(refusal));
	const nobodys = await Promise.all(requests("00000000-0000-7000-8000-000000000000").map(refusal));
	expect(theirs.map((one) => bare(one as never))).toEqual(nobodys.map((one) => bare(one as never)));
	for (const one of theirs) expect(one).toMatchObject({ code: 404, type: "not_found" });
	const ofTheirs = { subject: "x", customerId: home.cora.id };
	expect(await refusal(desk.call(createTicket, ofTheirs, foreign.owner))).toMatchObject({ code: 422 });
	const assigneeId = home.agent.id;
	const own = await opener(foreign)({});
	expect(await refusal(desk.call(assignTicket, { id: own.id, assigneeId }, foreign.owner))).toMatchObject({
		code: 422,
	});
	expect(await refusal(desk.call(listCustomerTickets, { id: home.cora.id }, foreign.owner))).toMatchObject({
		code: 404,
	});
});

describe("a customer", () => {
	test("finds its own tickets, and the company's where it manages or the company shares", async () => {
		const home = populate(desk);
		const open = opener(home);
		const mate = desk.neighbours.customer(home.tenant.id, { companies: [{ id: home.company.id, role: "member" }] });
		const boss = desk.neighbours.customer(home.tenant.id, { companies: [{ id: home.company.id, role: "manager" }] });
		const loner = desk.neighbours.customer(home.tenant.id);
		const made = [];
		for (const { id } of [home.cora, mate, boss, loner]) made.push(await open({ customerId: id }));
		const ids = made.map(({ id }) => id);
		expect(await found(home.customer, ids)).toEqual([1]);
		expect(await found(home.as(mate.id), ids)).toEqual([2]);
		expect(await found(home.as(boss.id), ids)).toEqual([1, 2, 3]);
		expect(await found(home.as(loner.id), ids)).toEqual([4]);

		const { tenantId: _t, id: _i, version: _v, ...data } = { ...home.company, shareTickets: true };
		await desk.publish(companyUpdated, home.tenant.id, { ...home.company, version: 2 }, data);
		const listed = async () => (await desk.call(listTickets, {}, home.customer)).data.length;
		await eventually(async () => (await listed()) === 3);
		expect(await found(home.customer, ids)).toEqual([1, 2, 3]);
		await desk.publish(companyUpdated, home.tenant.id, home.company, { ...data, shareTickets: false });
		await desk.publish(companyUpdated, home.tenant.id, { ...home.company, version: 3 }, { ...data, deleted: true });
		await eventually(async () => (await listed()) === 1);
		expect(await found(home.customer, ids)).toEqual([1]);

		const replied = await desk.call(addMessage, { id: ids[0]!, body: "mine" }, home.customer);
		expect(replied.authorId).toBe(home.cora.id);
		expect(await refusal(desk.call(addMessage, { id: ids[1]!, body: "x" }, home.customer))).toMatchObject({
			code: 404,
		});
	});

	test("answers a colleague's ticket, but solves only its own", async () => {
		const home = populate(desk);
		const boss = desk.neighbours.customer(home.tenant.id, { companies: [{ id: home.company.id, role: "manager" }] });
		const open = opener(home);
		const { id } = await open({ customerId: home.cora.id });
		await open({ customerId: boss.id });
		const manager = home.as(boss.id);
		expect((await desk.call(addMessage, { id, body: "We both wait" }, manager)).authorId).toBe(boss.id);
		const solving = desk.call(updateTicket, { id, status: "solved" }, manager);
		expect(await refusal(solving)).toMatchObject({ code: 403 });
		const saying = desk.call(addMessage, { id, body: "Done", status: "solved" }, manager);
		expect(await refusal(saying)).toMatchObject({ code: 403 });
		expect((await desk.call(updateTicket, { id, status: "solved" }, home.customer)).status).toBe("solved");
	});

	test("asks by what is meant for customers only", async () => {
		const home = populate(desk);
		await opener(home)({ tags: ["secret"] });
		for (const filter of [{ tag: { eq: "secret" } }, { followerId: { eq: "x" } }, { customFields: { a: { eq: "1" } } }])
			expect(await refusal(desk.call(listTickets, { filter } as never, home.customer))).toMatchObject({ code: 400 });
		expect(await refusal(desk.call(listTickets, { sort: "priority,updatedAt" }, home.customer))).toMatchObject({
			code: 400,
		});
		const { data } = await desk.call(
			listTickets,
			{ filter: { status: { in: ["new", "open"] } }, sort: "updatedAt" },
			home.customer,
		);
		expect(data).toHaveLength(1);
		expect(Object.keys(data[0]!)).not.toEqual(expect.arrayContaining(["tags"]));
		expect(await refusal(desk.call(listAudit, { id: data[0]!.id }, home.customer))).toMatchObject({ code: 403 });
	});
});

test("the tickets of a customer are listed for staff and for itself", async () => {
	const home = populate(desk);
	const other = desk.neighbours.customer(home.tenant.id);
	await opener(home)({});
	await opener(home)({ customerId: other.id });
	const list = async (id: string, caller: Caller) =>
		(await desk.call(listCustomerTickets, { id }, caller)).data.map(({ number }) => number);
	expect(await list(home.cora.id, home.owner)).toEqual([1]);
	expect(await list(other.id, home.owner)).toEqual([2]);
	expect(await list(home.cora.id, home.customer)).toEqual([1]);
	expect(await list(home.cora.id, home.agent)).toEqual([]);
	expect(await refusal(list(other.id, home.customer))).toMatchObject({ code: 404 });
	expect(await refusal(list("nobody", home.owner))).toMatchObject({ code: 404 });
	expect(await list(desk.neighbours.customer(home.tenant.id).id, home.owner)).toEqual([]);
});

test("a viewer is not told an address by the name that was made from it", async () => {
	const home = populate(desk);
	const lea = desk.neighbours.customer(home.tenant.id, { name: "Lea.Lang", primaryEmail: "lea.lang@mail.example" });
	const { id } = await opener(home)({ customerId: lea.id, groupId: home.group.id, description: "?", asCustomer: true });
	const shown = async (caller: typeof home.viewer) => {
		const { requester, messages } = await desk.call(getTicket, { id }, caller);
		const { included } = await desk.call(listTickets, { include: ["customer", "lastMessage"] }, caller);
		return JSON.stringify([requester, messages, included]);
	};
	expect(await shown(home.viewer)).not.toMatch(/lang/i);
	expect(await shown(home.viewer)).toContain('"name":"L***"');
	expect(await shown(home.agent)).toContain('"name":"Lea.Lang"');
});

test("a viewer is shown masked addresses", async () => {
	const home = populate(desk);
	const { id } = await opener(home)({ groupId: home.group.id, ccEmails: ["bob@mail.example"] });
	const shown = await desk.call(getTicket, { id }, home.viewer);
	expect(shown.requester).toEqual({ id: home.cora.id, name: "Cora Customer", email: "c***@mail.example" });
	expect(shown.ccEmails).toEqual(["b***@mail.example"]);
	const { included } = await desk.call(listTickets, { include: ["customer"] }, home.viewer);
	expect(included?.customer).toMatchObject([{ email: "c***@mail.example" }]);
	expect((await desk.call(getTicket, { id }, home.agent)).requester.email).toBe(home.cora.primaryEmail);
});

test("the requester's name follows the customer, and old news changes nothing", async () => {
	const home = populate(desk);
	const { id } = await opener(home)({});
	const { tenantId: _t, id: _i, version: _v, ...data } = home.cora;
	const name = async () => (await desk.call(getTicket, { id }, home.owner)).requester.name;
	await desk.publish(
		customerUpdated,
		home.tenant.id,
		{ ...home.cora, version: 3 },
		{ ...data, name: "Cora the Third" },
	);
	await eventually(async () => (await name()) === "Cora the Third");
	await desk.publish(
		customerUpdated,
		home.tenant.id,
		{ ...home.cora, version: 2 },
		{ ...data, name: "Cora the Second" },
	);
	await desk.publish(
		customerUpdated,
		home.tenant.id,
		{ ...home.cora, version: 4 },
		{ ...data, name: "Cora the Fourth" },
	);
	await eventually(async () => (await name()) !== "Cora the Third");
	expect(await name()).toBe("Cora the Fourth");
});
