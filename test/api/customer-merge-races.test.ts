import { type Answer, type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

/*
 * Merges while others do something to the same customers: whoever is refused is told so, and in the end everything
 * belongs to somebody who is there.
 */

interface Customer {
	id: string;
	name: string;
	email: string | null;
	status: string;
	mergedIntoId: string | null;
	ticketCounters: { open: number; total: number };
}
interface Ticket {
	id: string;
	customerId: string;
}

let desk: Desk;
let home: DeskTenant;
let counter = 0;

beforeAll(async () => {
	desk = await startDesk();
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

async function must<T>(answer: Promise<Answer<T>>, ...statuses: number[]): Promise<T> {
	const { status, body } = await answer;
	if (!statuses.includes(status)) throw new Error(`${status} instead of ${statuses}: ${JSON.stringify(body)}`);
	return body;
}

const make = (client: Client = home.as.agent) =>
	must(client<Customer>("POST", "/customers", { body: { name: "Ada", email: `race-${counter++}@mail.example` } }), 201);
const merge = (survivor: Customer, loser: Customer) =>
	home.as.agent("POST", `/customers/${survivor.id}/merge`, { body: { loserId: loser.id } });
const show = ({ id }: { id: string }) => must(home.as.owner<Customer>("GET", `/customers/${id}?follow=false`), 200);

async function until<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
	for (let tries = 0; ; tries++) {
		const answer = await ask();
		if (wished(answer)) return answer;
		if (tries > 200) throw new Error(`never as wished: ${JSON.stringify(answer)}`);
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

/** Resolves when no saga of the tenant goes on. */
const allOver = () =>
	until(
		() => must(home.as.owner<{ data: object[] }>("GET", "/sagas?status=running,compensating,stuck"), 200),
		({ data }) => data.length === 0,
	);

test("of two merges that share a customer each is done or refused, and none in part", async () => {
	for (let round = 0; round < 2; round++) {
		const [a, b, c] = [await make(), await make(), await make()];
		const pairs: [Customer, Customer][] = [[a, b], round % 2 === 0 ? [b, c] : [c, a]];
		const answers = await Promise.all(pairs.map(([survivor, loser]) => merge(survivor, loser)));
		await allOver();
		const done = pairs.filter((_pair, index) => [200, 202].includes(answers[index]?.status ?? 0));
		// One that waited until the other was over may well be done after it.
		expect(answers.map(({ status }) => [200, 202, 409].includes(status))).toEqual([true, true]);
		expect(done.length).toBeGreaterThan(0);
		for (const customer of [a, b, c]) {
			const pair = done.find(([, loser]) => loser === customer);
			expect(await show(customer)).toMatchObject(
				pair ? { status: "merged", mergedIntoId: pair[0].id } : { status: "lead", mergedIntoId: null },
			);
		}
	}
}, 90_000);

test("two customers merged into each other at once: one way it is", async () => {
	const [a, b] = [await make(), await make()];
	const answers = await Promise.all([merge(a, b), merge(b, a)]);
	expect(answers.filter(({ status }) => status === 409).length).toBe(1);
	await allOver();
	const [one, other] = await Promise.all([show(a), show(b)]);
	expect([one.status, other.status].filter((status) => status === "merged").length).toBe(1);
	expect([one.mergedIntoId, other.mergedIntoId].filter((id) => id !== null).length).toBe(1);
}, 90_000);

test("a change of either customer is taken before, after, or refused, and never lost", async () => {
	for (let round = 0; round < 2; round++) {
		const [survivor, loser] = [await make(), await make()];
		const change = (customer: Customer, tag: string) =>
			home.as.agent("PATCH", `/customers/${customer.id}`, { body: { tags: [tag] } });
		const [merged, ofSurvivor, ofLoser] = await Promise.all([
			merge(survivor, loser),
			change(survivor, "kept"),
			change(loser, "taken"),
		]);
		await allOver();
		expect([200, 202]).toContain(merged.status);
		for (const { status } of [ofSurvivor, ofLoser]) expect([200, 409]).toContain(status);
		const { tags } = (await show(survivor)) as Customer & { tags: string[] };
		expect(tags.includes("kept")).toBe(ofSurvivor.status === 200);
		// A change of the loser that came first went along with it; nobody could change it later.
		expect(tags.includes("taken")).toBe(ofLoser.status === 200);
	}
}, 90_000);

test("tickets that come while a merge runs end with the survivor, and so do the counters", async () => {
	const [survivor, loser] = [await make(), await make()];
	const open = (n: number) =>
		home.as.supervisor<Ticket>("POST", "/tickets", {
			body:
				n % 3 === 0
					? { subject: `T${n}`, description: "Hi", customer: { email: loser.email } }
					: { subject: `T${n}`, description: "Hi", customerId: loser.id },
		});
	const before = await Promise.all(Array.from({ length: 6 }, (_, n) => must(open(n), 201)));
	const during: Promise<Answer<Ticket>>[] = [];
	const merging = merge(survivor, loser);
	for (let n = 0; n < 24; n++) {
		during.push(open(n));
		await new Promise((resolve) => setTimeout(resolve, 10));
	}
	expect([200, 202]).toContain((await merging).status);
	const answers = await Promise.all(during);
	for (const { status } of answers) expect([201, 409]).toContain(status);
	const tickets = [...before, ...answers.filter(({ status }) => status === 201).map(({ body }) => body)];
	await allOver();
	const counted = await until(
		() => show(survivor),
		({ ticketCounters }) => ticketCounters.total === tickets.length,
	);
	await allOver();
	expect(counted.ticketCounters).toMatchObject({ open: tickets.length, total: tickets.length });
	for (const { id } of tickets)
		expect((await must(home.as.owner<Ticket>("GET", `/tickets/${id}`), 200)).customerId).toBe(survivor.id);
	expect((await show(loser)).ticketCounters).toMatchObject({ open: 0, total: 0 });
}, 90_000);
