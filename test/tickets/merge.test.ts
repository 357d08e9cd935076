import fc from "fast-check";
import type { Caller } from "../../contracts/caller.ts";
import { mergeTickets, previewTicketMerge, splitTicket } from "../../contracts/ticket-merge.ts";
import { addFollower, addLink } from "../../contracts/ticket-relations.ts";
import { addMessage, listAudit, listMessages } from "../../contracts/ticket-threads.ts";
import { createTicket, getTicket, updateTicket } from "../../contracts/tickets.ts";
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

test("an open source wakes a solved target up, a solved one does not", async () => {
	const target = await open();
	await say(target.id, "Done", { status: "solved" });
	const solved = await open();
	await say(solved.id, "Done too", { status: "solved" });
	expect(await merge(solved.id, { targetId: target.id })).toMatchObject({ status: "solved", reopenCount: 0 });
	const asking = await open();
	const answer = await merge(asking.id, { targetId: target.id });
	expect(answer).toMatchObject({ status: "open", reopenCount: 1, solvedAt: null, waitingSince: asking.waitingSince });
	const reopened = (await desk.eventsOf(target.id)).find(({ type }) => type === "ticket.reopened");
	expect(reopened?.data).toMatchObject({ reason: "merge" });
});

test("several go up in one, with a remark", async () => {
	const target = await open();
	const sources = [await open(), await open(), await open()];
	const sourceIds = sources.map(({ id }) => id);
	const answer = await merge(target.id, { sourceIds, comment: "All the same outage" });
	expect(answer).toMatchObject({ id: target.id, mergedIds: sourceIds, messageCount: 5 });
	expect((await thread(target.id)).at(-1)).toMatchObject({ kind: "internal_note", body: "All the same outage" });
	for (const id of sourceIds) expect(await read(id)).toMatchObject({ status: "closed", mergedIntoId: target.id });
});

test("another customer's ticket is merged when that is meant, and its requester copied", async () => {
	const dora = desk.neighbours.customer(world.tenant.id, { primaryEmail: "dora@mail.example" });
	const target = await open();
	const source = await open({ customerId: dora.id });
	const refused = await refusal(merge(source.id, { targetId: target.id }));
	expect([refused.code, refused.type]).toEqual([409, "conflict"]);
	const answer = await merge(source.id, { targetId: target.id, allowDifferentCustomer: true });
	expect(answer).toMatchObject({ customerId: world.cora.id, ccEmails: ["dora@mail.example"] });
	// What she writes later goes on there, though she cannot see it.
	const added = await say(source.id, "And?", {}, world.as(dora.id));
	expect(added).toMatchObject({ redirectedTo: target.id, ticketId: target.id, followUp: false });
	expect((await refusal(read(target.id, world.as(dora.id)))).code).toBe(404);
});

test("links and copied addresses are united, and no ticket becomes its own ancestor", async () => {
	const [target, source, other, child] = [await open(), await open(), await open(), await open()];
	const link = (id: string, type: string, ticketId: string) =>
		desk.call(addLink, { id, type, ticketId } as never, world.supervisor);
	await link(source.id, "related", other.id);
	await link(source.id, "duplicate_of", target.id);
	await link(target.id, "parent", child.id);
	await link(source.id, "child", child.id);
	const answer = await merge(source.id, { targetId: target.id });
	expect(answer.links).toEqual([
		{ type: "parent", ticketId: child.id },
		{ type: "related", ticketId: other.id },
	]);
	expect((await read(other.id)).links).toContainEqual({ type: "related", ticketId: target.id });
});

test("what cannot be merged is refused", async () => {
	const [target, source, closed] = [await open(), await open(), await open()];
	await desk.call(updateTicket, { id: closed.id, status: "closed" } as never, world.supervisor);
	const table: [object, number, string][] = [
		[{ targetId: source.id }, 422, "validation_failed"],
		[{}, 422, "validation_failed"],
		[{ targetId: target.id, sourceIds: [target.id] }, 422, "validation_failed"],
		[{ sourceIds: [source.id] }, 422, "validation_failed"],
		[{ targetId: "nobody" }, 404, "not_found"],
		[{ targetId: closed.id }, 409, "ticket_closed"],
		[{ sourceIds: [closed.id] }, 409, "ticket_closed"],
		[{ targetId: target.id, ifVersion: 99 }, 412, "precondition_failed"],
	];
	for (const [fields, code, type] of table) {
		const refused = await refusal(merge(source.id, fields));
		expect([fields, refused.code, refused.type]).toEqual([fields, code, type]);
	}
	expect((await refusal(merge(source.id, { targetId: target.id }, world.viewer))).code).toBe(403);
	expect((await refusal(merge(source.id, { targetId: target.id }, world.customer))).code).toBe(403);
	// Not of their groups: neither is there for them.
	expect((await refusal(merge(source.id, { targetId: target.id }, world.outsider))).code).toBe(404);
	await merge(source.id, { targetId: target.id });
	const again = await refusal(merge(source.id, { targetId: target.id }));
	expect([again.type, again.data.extra?.mergedIntoId]).toEqual(["ticket_closed", target.id]);
	expect((await refusal(merge(target.id, { targetId: source.id }))).type).toBe("ticket_closed");
});

test("a preview says what would be and changes nothing", async () => {
	const [target, source] = [await open({ tags: ["a"] }), await open({ tags: ["b"] })];
	const before = [await read(target.id), await read(source.id)];
	const preview = await desk.call(
		previewTicketMerge,
		{ id: source.id, targetId: target.id } as never,
		world.supervisor,
	);
	expect(preview).toMatchObject({ targetId: target.id, sourceIds: [source.id], messages: 1, attachments: 0 });
	expect(preview.ticket).toMatchObject({ id: target.id, tags: ["a", "b"], messageCount: 2 });
	expect(preview.changed).toEqual(expect.arrayContaining(["tags", "messageCount"]));
	expect([await read(target.id), await read(source.id)]).toEqual(before);
});

describe("messages to a merged ticket", () => {
	test("go to where it went in the end", async () => {
		const chain = [await open(), await open(), await open()];
		const [first, second, third] = chain.map(({ id }) => id) as [string, string, string];
		await merge(first, { targetId: second });
		await merge(second, { targetId: third });
		const added = await say(first, "Hello?", {}, world.customer);
		expect(added).toMatchObject({ redirectedTo: third, ticketId: third, ticket: { id: third } });
		const refused = await refusal(say(first, "Hello"));
		expect([refused.type, refused.data.extra?.mergedIntoId]).toEqual(["ticket_closed", second]);
		expect((await say(second, "For the file", { kind: "internal_note" })).redirectedTo).toBeNull();
	});

	test("begin a follow-up where that is closed", async () => {
		const [target, source] = [await open({ subject: "Target" }), await open()];
		await merge(source.id, { targetId: target.id });
		await desk.call(updateTicket, { id: target.id, status: "closed" } as never, world.supervisor);
		const added = await say(source.id, "Hello?", {}, world.customer);
		expect(added).toMatchObject({ followUp: true, redirectedTo: added.ticketId });
		expect(await read(added.ticketId)).toMatchObject({ followUpOfId: target.id, subject: "Re: Target" });
		const next = await say(added.ticketId, "More", {}, world.customer);
		expect(next).toMatchObject({ followUp: false, redirectedTo: null });
	});
});

describe("a split", () => {
	const split = (id: string, fields: object, caller: Caller = world.supervisor) =>
		desk.call(splitTicket, { id, ...fields } as never, caller);

	test("makes a ticket of messages that stay where they are", async () => {
		const source = await open({ subject: "Two things", tags: ["a"] });
		const answer = await say(source.id, "On the first");
		const second = await say(source.id, "And the second?", { asCustomer: true });
		const made = await split(source.id, { messageIds: [second.id, answer.id], subject: "The second thing" });
		expect(made).toMatchObject({
			...{ subject: "The second thing", splitFromId: source.id, customerId: world.cora.id, status: "new", tags: ["a"] },
			...{ messageCount: 2, waitingSince: second.createdAt, lastCustomerMessageAt: second.createdAt },
			firstRespondedAt: null,
		});
		expect(made.messages.map(({ body, seq, originTicketId }) => [body, seq, originTicketId])).toEqual([
			["On the first", 1, source.id],
			["And the second?", 2, source.id],
		]);
		expect((await thread(source.id)).length).toBe(3);
		const event = (await desk.eventsOf(source.id)).at(-1);
		expect(event).toMatchObject({ type: "ticket.split", data: { fromId: source.id, newId: made.id } });
		// Merged back, nothing is there twice.
		await merge(made.id, { targetId: source.id });
		expect((await thread(source.id)).map(({ body }) => body)).toEqual([
			...["It is broken", "On the first", "And the second?"],
		]);
	});

	test("is refused for what is not there, and for closed tickets", async () => {
		const [source, other] = [await open(), await open()];
		const [message] = await thread(source.id);
		const [foreign] = await thread(other.id);
		const refused = await refusal(split(source.id, { messageIds: [message?.id, foreign?.id] }));
		expect([refused.code, refused.data.errors?.[0]?.pointer]).toEqual([422, "/messageIds/1"]);
		await desk.call(updateTicket, { id: source.id, status: "closed" } as never, world.supervisor);
		expect((await refusal(split(source.id, { messageIds: [message?.id] }))).type).toBe("ticket_closed");
		expect((await refusal(split(other.id, { messageIds: [foreign?.id] }, world.customer))).code).toBe(403);
	});
});

describe("races", () => {
	const settled = async (calls: (() => Promise<unknown>)[]) => Promise.allSettled(calls.map((call) => call()));

	test("of two merges that cross, one wins", async () => {
		for (let round = 0; round < 5; round++) {
			const [a, b] = [await open(), await open()];
			const results = await settled([() => merge(a.id, { targetId: b.id }), () => merge(b.id, { targetId: a.id })]);
			expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
			const both = [await read(a.id), await read(b.id)];
			expect(both.filter(({ mergedIntoId }) => mergedIntoId !== null)).toHaveLength(1);
			expect(both.map(({ messageCount }) => messageCount).sort()).toEqual([1, 2]);
		}
	});

	test("of a merge with replies to both, nothing is lost", async () => {
		for (let round = 0; round < 5; round++) {
			const [source, target] = [await open(), await open()];
			const results = await settled([
				() => say(source.id, "one", {}, world.customer),
				() => merge(source.id, { targetId: target.id }),
				() => say(target.id, "two", {}, world.customer),
				() => say(source.id, "three", {}, world.customer),
			]);
			expect(results.map(({ status }) => status)).toEqual(Array.from({ length: 4 }, () => "fulfilled"));
			const bodies = (await thread(target.id)).map(({ body }) => body);
			expect(bodies.sort()).toEqual(["It is broken", "It is broken", "one", "three", "two"]);
		}
	});
});

test("no message is lost or there twice, whatever is merged and split", async () => {
	const step = fc.record({ kind: fc.constantFrom("say", "merge", "split"), a: fc.nat(9), b: fc.nat(9) });
	await fc.assert(
		fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 14 }), async (steps) => {
			const tickets: { id: string; said: Set<string>; merged: boolean }[] = [];
			let counter = 0;
			const add = async () => {
				const body = `message ${counter++}`;
				const made = await open({ description: body });
				tickets.push({ id: made.id, said: new Set([body]), merged: false });
			};
			await add();
			await add();
			for (const { kind, a, b } of steps) {
				const live = tickets.filter(({ merged }) => !merged);
				const [one, other] = [live[a % live.length], live[b % live.length]] as [
					(typeof tickets)[number],
					(typeof tickets)[number],
				];
				if (kind === "say") {
					const body = `message ${counter++}`;
					await say(one.id, body);
					one.said.add(body);
				} else if (kind === "split") {
					const messages = (await thread(one.id)).filter((_, index) => index % 2 === b % 2 || index === 0);
					const made = await desk.call(
						splitTicket,
						{ id: one.id, messageIds: messages.map(({ id }) => id) } as never,
						world.supervisor,
					);
					tickets.push({ id: made.id, said: new Set(messages.map(({ body }) => body)), merged: false });
				} else if (one !== other) {
					await merge(one.id, { targetId: other.id });
					one.merged = true;
					for (const body of one.said) other.said.add(body);
				} else await add();
			}
			for (const { id, said } of tickets) {
				const messages = await thread(id);
				expect(messages.map(({ body }) => body).sort()).toEqual([...said].sort());
				expect(messages.map(({ seq }) => seq)).toEqual(messages.map((_, index) => index + 1));
				const times = messages.map(({ createdAt }) => createdAt);
				expect(times).toEqual([...times].sort());
				expect((await read(id)).messageCount).toBe(said.size);
			}
		}),
		{ numRuns: 8, seed: 11 },
	);
}, 60_000);
