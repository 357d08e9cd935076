import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { SagaViewShape } from "../../contracts/sagas.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

let desk: Desk;
let home: DeskTenant;
let elsewhere: DeskTenant;

beforeAll(async () => {
	desk = await startDesk();
	home = await desk.tenant();
	elsewhere = await desk.tenant();
}, 90_000);
afterAll(() => desk?.stop());

interface Made {
	id: string;
	version: number;
}

/** Sends a request that must go well. */
async function must<T = Made>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300) throw new Error(`${method} ${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body;
}

/** Words that are nobody else's, in any case. */
const PIECES = ["zebulon", "quackenbush", "quack-mail", "7712345", "p7788xyz", "maunzerl", "bathtubleak", "duckish"];

let counter = 0;

/** Somebody who has left traces everywhere. */
async function person({ as, customer: tokenOf, groupId, userIds }: DeskTenant) {
	const { owner, agent } = as;
	const email = `zeb${counter++}@quack-mail.example`;
	const customer = await must(owner, "POST", "/customers", {
		name: "Zebulon Quackenbush",
		emails: [email, `second-${email}`],
		phone: "+43 664 7712345",
		externalId: `crm-P7788XYZ-${counter}`,
	});
	await must(owner, "POST", `/customers/${customer.id}/notes`, { body: "Has a cat called maunzerl" });
	const self = await tokenOf(customer.id);
	const headers = { "idempotency-key": `open-${counter}` };
	const opened = await self<Made>("POST", "/tickets", {
		body: { subject: "A bathtubleak", description: "I am Zebulon, of maunzerl" },
		headers,
	});
	const ticket = opened.body;
	await must(owner, "PATCH", `/tickets/${ticket.id}`, { groupId, ccEmails: [`o-${email}`], assigneeId: userIds.agent });
	const answer = `Dear Zebulon Quackenbush, write from ${email} or call 0043 664 / 77 12 345. Regards, the desk`;
	await must(agent, "POST", `/tickets/${ticket.id}/messages`, { body: answer });
	await must(agent, "POST", `/tickets/${ticket.id}/messages`, { body: "Quackenbush hurries", kind: "internal_note" });
	await must(self, "POST", `/tickets/${ticket.id}/messages`, { body: "Thanks, says maunzerl" });
	const other = await must(owner, "POST", "/customers", {
		name: "Somebody Else",
		email: `else${counter}@mail.example`,
	});
	const theirs = await must(owner, "POST", "/tickets", { subject: "Copied", customerId: other.id, ccEmails: [email] });
	const article = await must(owner, "POST", "/knowledge-base/articles", {
		title: `Ducks ${counter}`,
		body: "About ducks.",
		status: "published",
	});
	const vote = { value: "helpful", comment: "So duckish, says Zebulon" };
	await must(self, "POST", `/knowledge-base/articles/${article.id}/rate`, vote);
	return { id: customer.id, email, self, ticket, theirs, article };
}

/** The saga when it is over. */
async function ended(client: Client, id: string, within = 60_000): Promise<SagaViewShape> {
	for (const until = performance.now() + within; ; ) {
		const saga = await must<SagaViewShape>(client, "GET", `/sagas/${id}`);
		if (!["running", "compensating"].includes(saga.status)) return saga;
		if (performance.now() > until) throw new Error(`the saga does not end: ${JSON.stringify(saga)}`);
		await pause(20);
	}
}

async function erase(client: Client, id: string, body: object = {}): Promise<SagaViewShape> {
	const begun = await client<SagaViewShape>("POST", `/customers/${id}/erase`, { body });
	expect(begun.status).toBe(202);
	expect(begun.headers.get("location")).toBe(`/api/sagas/${begun.body.id}`);
	return ended(home.as.owner, begun.body.id);
}

/** The files, the event log among them, in which one of the words still stands. */
function filesWith(words: readonly string[]): string[] {
	const { dataDir } = desk.app.runtime.config;
	const files = (readdirSync(dataDir, { recursive: true }) as string[]).filter((name) => /\.db(-wal)?$/.test(name));
	return files.flatMap((name) => {
		const text = readFileSync(path.join(dataDir, name)).toString("latin1").toLowerCase();
		return words.filter((word) => text.includes(word)).map((word) => `${name}: ${word}`);
	});
}

const NUMBERS = ["/dashboard/stats", "/dashboard/metrics", "/dashboard/agents", "/dashboard/kb"];

async function numbers(client: Client) {
	const answers = await Promise.all(NUMBERS.map((route) => must<Record<string, unknown>>(client, "GET", route)));
	return answers.map(({ asOf: _asOf, lagMs: _lag, system: _system, ...rest }) => rest);
}

test("a person is erased from every service and every file, and what is counted stays", async () => {
	const { owner } = home.as;
	const zeb = await person(home);
	// Counted when the dashboard has read of the last thing that was done.
	while ((await must<{ helpful: number }>(owner, "GET", "/dashboard/kb")).helpful === 0) await pause(20);
	const before = await numbers(owner);
	const saga = await erase(owner, zeb.id);
	expect(saga).toMatchObject({
		status: "completed",
		type: "customer.erase",
		subject: `customer/${zeb.id}`,
		error: null,
	});
	expect(saga.result).toMatchObject({
		policy: "anonymize",
		completedAt: expect.any(String),
		counts: {
			customers: { customers: 1, notes: 1 },
			tickets: { tickets: 1, messages: 2, copies: 1 },
			"knowledge-base": { votes: 1, comments: 1 },
			identity: { tokens: 1 },
			dashboard: { customers: 1 },
		},
	});
	// On MongoDB the documents are elsewhere; the event log and the index lie in files all the same.
	expect(filesWith(PIECES)).toEqual([]);
	expect(await numbers(owner)).toEqual(before);
	await desk.app.broker.call("dashboard.rebuild", { tenantId: home.id });
	await desk.app.broker.call("search.rebuild", {});
	expect(await numbers(owner)).toEqual(before);
	expect(filesWith(PIECES)).toEqual([]);

	const stub = await must<Record<string, unknown>>(owner, "GET", `/customers/${zeb.id}`);
	const name = `Erased customer #${zeb.id.slice(-8)}`;
	expect(stub).toMatchObject({ name, status: "erased", email: null, phones: [], externalId: null, notesCount: 0 });
	const ticket = await must<Record<string, unknown>>(owner, "GET", `/tickets/${zeb.ticket.id}`);
	expect(ticket).toMatchObject({
		subject: "[redacted]",
		ccEmails: [],
		requester: { name, email: null },
		messageCount: 4,
	});
	const bodies = (ticket.messages as { body: string }[]).map(({ body }) => body);
	expect(bodies[0]).toBe("[redacted]");
	expect(bodies[1]).toBe("Dear [redacted], write from [redacted] or call [redacted]. Regards, the desk");
	expect(bodies[2]).toBe("[redacted] hurries");
	expect(await must(owner, "GET", `/tickets/${zeb.theirs.id}`)).toMatchObject({ ccEmails: [], subject: "Copied" });
	expect(await must(owner, "GET", `/knowledge-base/articles/${zeb.article.id}`)).toMatchObject({ helpfulCount: 1 });
	expect((await zeb.self("GET", "/me")).status).toBe(401);
	for (const [method, route] of [
		["PATCH", `/customers/${zeb.id}`],
		["POST", `/customers/${zeb.id}/erase`],
	] as const)
		expect((await owner(method, route, { body: {} })).status).toBe(410);

	// The person may come back of their own accord, programs and old messages do not bring them back.
	const { service } = home.as;
	expect(await service("POST", "/customers", { body: { email: zeb.email } })).toMatchObject({
		status: 409,
		body: { code: "suppressed" },
	});
	const old = { subject: "Old", customer: { email: zeb.email }, createdAt: "2020-01-01T00:00:00.000Z" };
	expect(await owner("POST", "/tickets", { body: old })).toMatchObject({ status: 409, body: { code: "suppressed" } });
	// The MongoDB stand-in of the tests never takes a value out of a unique index over an array.
	if (process.env.TEST_STORE === "mongo") return;
	const back = await must<{ customerId: string }>(service, "POST", "/tickets", {
		subject: "New",
		customer: { email: zeb.email },
	});
	expect(back.customerId).not.toBe(zeb.id);
}, 120_000);

test("whoever was merged into a person is erased with it, and nobody is found any more", async () => {
	const { owner } = home.as;
	const [kept, merged] = [await person(home), await person(home)];
	const merge = await owner<Made>("POST", `/customers/${kept.id}/merge`, { body: { loserId: merged.id } });
	if (merge.status === 202) await ended(owner, merge.body.id);
	else expect(merge.status).toBe(200);
	const saga = await erase(owner, kept.id);
	expect(saga).toMatchObject({
		status: "completed",
		result: { counts: { customers: { customers: 2 }, tickets: { tickets: 2 } } },
	});
	for (const id of [kept.id, merged.id])
		expect(await must(owner, "GET", `/customers/${id}?follow=false`)).toMatchObject({ status: "erased", emails: [] });
	const listed = await must<{ data: Made[] }>(owner, "GET", "/customers?limit=100&sort=-createdAt");
	const ids = listed.data.map(({ id }) => id);
	expect([ids.includes(kept.id), ids.includes(merged.id)]).toEqual([true, false]);
	await desk.app.broker.call("search.rebuild", {});
	for (const words of ["zebulon", "erased customer"])
		expect(await must(owner, "GET", `/customers/search?q=${encodeURIComponent(words)}`)).toMatchObject({ data: [] });
}, 120_000);

test("a ticket that must be kept keeps its requester, who can be changed again", async () => {
	const { owner } = home.as;
	const zeb = await person(home);
	await must(owner, "POST", `/tickets/${zeb.ticket.id}/tags`, { tags: ["legal-hold"] });
	const saga = await erase(owner, zeb.id);
	expect(saga).toMatchObject({ status: "compensated", error: { code: "legal_hold", step: "prepare-tickets" } });
	const customer = await must<{ status: string }>(owner, "GET", `/customers/${zeb.id}`);
	expect(customer).toMatchObject({ name: "Zebulon Quackenbush", email: zeb.email });
	expect(customer.status).not.toBe("erasing");
	await must(owner, "PATCH", `/customers/${zeb.id}`, { title: "Professor" });
	await must(zeb.self, "POST", `/tickets/${zeb.ticket.id}/messages`, { body: "Still here" });
}, 120_000);

test("who may not, or names somebody of another tenant, erases nobody", async () => {
	const { id } = await must(home.as.owner, "POST", "/customers", { name: "Safe" });
	const other = await must(home.as.owner, "POST", "/customers", { name: "Other" });
	const self = await home.customer(other.id);
	const statuses = async (client: Client, body = {}) =>
		(await client("POST", `/customers/${id}/erase`, { body })).status;
	expect(await statuses(home.as.agent)).toBe(403);
	expect(await statuses(home.as.supervisor)).toBe(403);
	expect(await statuses(elsewhere.as.owner)).toBe(404);
	expect(await statuses(self)).toBe(404);
	expect((await self("POST", `/customers/${other.id}/erase`, { body: { policy: "delete" } })).status).toBe(403);
	expect(await must(home.as.owner, "GET", `/customers/${id}`)).toMatchObject({ name: "Safe", version: 1 });
}, 60_000);

test("with the policy delete, the tickets go too", async () => {
	const { owner } = home.as;
	const zeb = await person(home);
	const saga = await erase(owner, zeb.id, { policy: "delete" });
	expect(saga).toMatchObject({ status: "completed", result: { counts: { tickets: { tickets: 1, messages: 2 } } } });
	expect((await owner("GET", `/tickets/${zeb.ticket.id}`)).status).toBe(404);
	expect(await must(owner, "GET", `/tickets/${zeb.theirs.id}`)).toMatchObject({ ccEmails: [] });
}, 120_000);
