import { type Answer, type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

interface Customer {
	id: string;
	name: string;
	email: string | null;
	emails: { value: string; primary: boolean }[];
	phones: { value: string }[];
	tags: string[];
	companyIds: string[];
	customFields: Record<string, unknown>;
	title: string | null;
	externalId: string | null;
	status: string;
	mergedIntoId: string | null;
	notesCount: number;
	ticketCounters: { open: number; total: number };
	sagaId: string;
	version: number;
}

interface Saga {
	id: string;
	status: string;
	type: string;
	step: string | null;
	log: { step: string; outcome: string }[];
	result: object;
}

let desk: Desk;
let home: DeskTenant;
let foreign: DeskTenant;
let counter = 0;

beforeAll(async () => {
	desk = await startDesk();
	[home, foreign] = await Promise.all([desk.tenant(), desk.tenant()]);
}, 60_000);
afterAll(() => desk?.stop());

async function must<T>(answer: Promise<Answer<T>>, status: number): Promise<T> {
	const { status: given, body } = await answer;
	if (given !== status) throw new Error(`${given} instead of ${status}: ${JSON.stringify(body)}`);
	return body;
}

const unique = () => `${Date.now().toString(36)}${counter++}`;
const make = (fields: object = {}, client: Client = home.as.agent) =>
	must(
		client<Customer>("POST", "/customers", { body: { name: "Ada", email: `ada-${unique()}@mail.example`, ...fields } }),
		201,
	);
/** Waits for the saga of an answer that came before it was over, and gives the answer that it would have been. */
async function settled(asked: Promise<Answer<Customer>>): Promise<Answer<Customer>> {
	const answer = await asked;
	if (answer.status !== 202) return answer;
	expect(answer.headers.get("location")).toBe(`/api/sagas/${answer.body.id}`);
	const saga = await until(
		() => must(home.as.owner<Saga & { subject: string }>("GET", `/sagas/${answer.body.id}`), 200),
		({ status }) => !["running", "compensating"].includes(status),
	);
	if (saga.status !== "completed") throw new Error(JSON.stringify(saga));
	const { survivorId, loserId } = saga.result as { survivorId: string; loserId: string };
	const shown = await show(saga.type === "customer.merge" ? survivorId : loserId);
	return { ...shown, body: { ...shown.body, sagaId: saga.id } };
}

const merge = (survivor: { id: string }, loser: { id: string }, client: Client = home.as.agent) =>
	settled(client<Customer>("POST", `/customers/${survivor.id}/merge`, { body: { loserId: loser.id } }));
const unmerge = (id: string, client: Client = home.as.agent) =>
	settled(client<Customer>("POST", `/customers/${id}/unmerge`));
const show = (id: string, query = "") => home.as.owner<Customer>("GET", `/customers/${id}${query}`);
const ticketFor = (customerId: string, fields: object = {}) =>
	must(
		home.as.supervisor<{ id: string; customerId: string; ccEmails: string[] }>("POST", "/tickets", {
			body: { subject: "Help", description: "Please", customerId, ...fields },
		}),
		201,
	);

/** Asks again until the answer is as wished; what came last otherwise. */
async function until<T>(ask: () => Promise<T>, wished: (answer: T) => boolean): Promise<T> {
	for (let tries = 0; ; tries++) {
		const answer = await ask();
		if (wished(answer) || tries > 400) return answer;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

describe("a merge", () => {
	test("joins both into the survivor", async () => {
		const company = await must(
			home.as.owner<{ id: string }>("POST", "/companies", { body: { name: `C ${unique()}` } }),
			201,
		);
		const n = unique();
		const survivor = await make({ name: "Sue", title: null, tags: ["vip"], phone: "+43 1 234" });
		const loser = await make({
			name: "Lou",
			title: "Boss",
			tags: ["vip", "beta"],
			phone: "+43 1 999",
			externalId: `x-${n}`,
			companyId: company.id,
		});
		await must(home.as.agent("POST", `/customers/${loser.id}/notes`, { body: { body: "Likes tea." } }), 201);
		const merged = await must(merge(survivor, loser), 200);
		expect(merged).toMatchObject({
			id: survivor.id,
			name: "Sue",
			title: "Boss",
			tags: ["vip", "beta"],
			email: survivor.email,
			externalId: `x-${n}`,
			companyIds: [company.id],
			notesCount: 1,
			sagaId: expect.any(String),
		});
		expect(merged.emails.map(({ value, primary }) => [value, primary])).toEqual([
			[survivor.email, true],
			[loser.email, false],
		]);
		expect(merged.phones.map(({ value }) => value)).toEqual(["+43 1 234", "+43 1 999"]);
		const notes = await must(
			home.as.agent<{ data: { body: string }[] }>("GET", `/customers/${survivor.id}/notes`),
			200,
		);
		expect(notes.data.map(({ body }) => body)).toEqual(["Likes tea."]);
	});

	test("leaves a stub that points to the survivor", async () => {
		const [survivor, loser] = [await make(), await make()];
		await must(merge(survivor, loser), 200);
		const moved = await show(loser.id);
		expect(moved.status).toBe(301);
		expect(moved.headers.get("location")).toBe(`/api/customers/${survivor.id}`);
		const stub = await must(show(loser.id, "?follow=false"), 200);
		expect(stub).toMatchObject({ status: "merged", mergedIntoId: survivor.id });
		for (const [method, body] of [
			["PATCH", { name: "Other" }],
			["DELETE", undefined],
		] as const) {
			const refused = await home.as.owner(method, `/customers/${loser.id}`, body ? { body } : {});
			expect([refused.status, refused.body]).toEqual([
				409,
				expect.objectContaining({ code: "customer_merged", mergedIntoId: survivor.id }),
			]);
		}
		const list = await must(home.as.owner<{ data: Customer[] }>("GET", "/customers?limit=100"), 200);
		expect(list.data.map(({ id }) => id)).not.toContain(loser.id);
		const stubs = await must(home.as.owner<{ data: Customer[] }>("GET", "/customers?status=merged&limit=100"), 200);
		expect(stubs.data.map(({ id }) => id)).toContain(loser.id);
	});

	test("goes on to the last survivor of several merges", async () => {
		const [a, b, c] = [await make(), await make(), await make()];
		await must(merge(b, a), 200);
		await must(merge(c, b), 200);
		expect((await show(a.id)).headers.get("location")).toBe(`/api/customers/${c.id}`);
	});

	test("can name the survivor instead", async () => {
		const [survivor, loser] = [await make(), await make()];
		const body = { survivorId: survivor.id };
		const merged = await must(settled(home.as.agent<Customer>("POST", `/customers/${loser.id}/merge`, { body })), 200);
		expect(merged.id).toBe(survivor.id);
	});

	test("takes tickets and copies along, deleted ones too, and counts them", async () => {
		const [survivor, loser, third] = [await make(), await make(), await make()];
		const own = await ticketFor(survivor.id, { ccEmails: [loser.email] });
		const taken = await ticketFor(loser.id, { ccEmails: [survivor.email, "x@other.example"] });
		const copied = await ticketFor(third.id, { ccEmails: [loser.email, "y@other.example"] });
		const deleted = await ticketFor(loser.id);
		await must(home.as.owner("DELETE", `/tickets/${deleted.id}`), 204);
		await must(merge(survivor, loser), 200);
		const read = (id: string) => must(home.as.owner<typeof own>("GET", `/tickets/${id}`), 200);
		expect(await read(own.id)).toMatchObject({ customerId: survivor.id, ccEmails: [] });
		expect(await read(taken.id)).toMatchObject({ customerId: survivor.id, ccEmails: ["x@other.example"] });
		expect(await read(copied.id)).toMatchObject({
			customerId: third.id,
			ccEmails: [survivor.email, "y@other.example"],
		});
		await until(
			() => must(show(survivor.id), 200),
			({ ticketCounters }) => ticketCounters.total === 2,
		);
		expect((await must(show(survivor.id), 200)).ticketCounters).toMatchObject({ open: 2, total: 2 });
		await must(home.as.owner("POST", `/tickets/${deleted.id}/restore`), 200);
		expect(await read(deleted.id)).toMatchObject({ customerId: survivor.id });
		const counted = await until(
			() => must(show(survivor.id), 200),
			({ ticketCounters }) => ticketCounters.total === 3,
		);
		expect(counted.ticketCounters).toMatchObject({ open: 3, total: 3 });
		const audit = await must(
			home.as.owner<{ data: { cause: object; changes: { field: string }[] }[] }>("GET", `/tickets/${taken.id}/audit`),
			200,
		);
		expect(audit.data.some(({ cause }) => (cause as { type: string }).type === "saga")).toBe(true);
	});

	test("ends the tokens of the one that is no more", async () => {
		const [survivor, loser] = [await make(), await make()];
		const self = await home.customer(loser.id);
		await must(self("GET", `/customers/${loser.id}`), 200);
		await must(merge(survivor, loser), 200);
		expect((await self("GET", `/customers/${survivor.id}`)).status).toBe(401);
	});

	test("lets a new ticket for the one that is no more go to the survivor", async () => {
		const [survivor, loser] = [await make(), await make()];
		await ticketFor(loser.id);
		await must(merge(survivor, loser), 200);
		expect((await ticketFor(loser.id)).customerId).toBe(survivor.id);
		const byAddress = await must(
			home.as.supervisor<{ customerId: string }>("POST", "/tickets", {
				body: { subject: "By mail", description: "Hi", customer: { email: loser.email } },
			}),
			201,
		);
		expect(byAddress.customerId).toBe(survivor.id);
	});

	test("shows in search only the survivor, also for the other's address", async () => {
		const word = `zorblax${unique()}`;
		const [survivor, loser] = [await make(), await make({ name: `Lou ${word}` })];
		await must(merge(survivor, loser), 200);
		const found = await until(
			() => must(home.as.owner<{ data: { id: string }[] }>("GET", `/customers/search?q=${loser.email}`), 200),
			({ data }) => data.some(({ id }) => id === survivor.id) && data.every(({ id }) => id !== loser.id),
		);
		expect(found.data.map(({ id }) => id)).toContain(survivor.id);
		expect(found.data.map(({ id }) => id)).not.toContain(loser.id);
	});

	test("moves votes, and keeps the survivor's own where both voted", async () => {
		const [survivor, loser] = [await make(), await make()];
		const article = async () =>
			must(
				home.as.owner<{ id: string }>("POST", "/knowledge-base/articles", {
					body: { title: `How ${unique()}`, body: "So.", status: "published" },
				}),
				201,
			);
		const [one, both] = [await article(), await article()];
		const [asSurvivor, asLoser] = [await home.customer(survivor.id), await home.customer(loser.id)];
		const rate = (client: Client, id: string, value: string) =>
			must(client("POST", `/knowledge-base/articles/${id}/rate`, { body: { value } }), 200);
		await rate(asLoser, one.id, "helpful");
		await rate(asLoser, both.id, "helpful");
		await rate(asSurvivor, both.id, "not_helpful");
		await must(merge(survivor, loser), 200);
		const counts = async (id: string) => {
			const { helpfulCount, notHelpfulCount } = await must(
				home.as.owner<{ helpfulCount: number; notHelpfulCount: number }>("GET", `/knowledge-base/articles/${id}`),
				200,
			);
			return [helpfulCount, notHelpfulCount];
		};
		expect([await counts(one.id), await counts(both.id)]).toEqual([
			[1, 0],
			[0, 1],
		]);
		await rate(asSurvivor, one.id, "not_helpful");
		expect(await counts(one.id)).toEqual([0, 1]);
		await must(unmerge(loser.id), 200);
		expect(await counts(both.id)).toEqual([1, 1]);
	});
});

describe("what cannot be merged", () => {
	test.each([
		["itself", 422, (a: Customer) => ({ loserId: a.id })],
		["nobody", 422, () => ({})],
		["two ways", 422, (_a: Customer, b: Customer) => ({ loserId: b.id, survivorId: b.id })],
		["somebody unknown", 404, () => ({ loserId: "0190aaaa-aaaa-7aaa-8aaa-aaaaaaaaaaaa" })],
	])("%s", async (_what, status, body) => {
		const [a, b] = [await make(), await make()];
		for (const route of ["merge", "merge/preview"])
			expect((await home.as.agent("POST", `/customers/${a.id}/${route}`, { body: body(a, b) })).status).toBe(status);
	});

	test("somebody of another tenant, in either place", async () => {
		const [mine, theirs] = [await make(), await make({}, foreign.as.agent)];
		expect((await merge(mine, theirs)).status).toBe(404);
		expect((await merge(theirs, mine)).status).toBe(404);
	});

	test("somebody who was merged already", async () => {
		const [a, b, c] = [await make(), await make(), await make()];
		await must(merge(a, b), 200);
		for (const answer of [await merge(c, b), await merge(b, c)])
			expect([answer.status, answer.body]).toEqual([409, expect.objectContaining({ code: "customer_merged" })]);
	});

	test("two who have more addresses together than one can have", async () => {
		const emails = (n: number) => Array.from({ length: n }, () => `m-${unique()}@mail.example`);
		const [a, b] = [
			await make({ email: undefined, emails: emails(6) }),
			await make({ email: undefined, emails: emails(6) }),
		];
		const refused = await merge(a, b);
		expect(refused.status).toBe(422);
		expect(refused.body).toMatchObject({ errors: [{ pointer: "/emails" }] });
	});

	test("an old version, by viewers, by customers", async () => {
		const [a, b] = [await make(), await make()];
		const body = { loserId: b.id };
		const stale = await home.as.agent("POST", `/customers/${a.id}/merge`, { body, headers: { "if-match": '"v99"' } });
		expect(stale.status).toBe(412);
		expect((await merge(a, b, home.as.viewer)).status).toBe(403);
		expect((await merge(a, b, await home.customer(a.id))).status).toBe(403);
		const fresh = await home.as.agent("POST", `/customers/${a.id}/merge`, { body, headers: { "if-match": '"v1"' } });
		expect([200, 202]).toContain(fresh.status);
	});
});

test("a preview shows the outcome and changes nothing", async () => {
	const [survivor, loser] = [await make(), await make({ tags: ["late"] })];
	const preview = await must(
		home.as.agent<{ customer: Customer; changed: string[] }>("POST", `/customers/${survivor.id}/merge/preview`, {
			body: { loserId: loser.id },
		}),
		200,
	);
	expect(preview).toMatchObject({ survivorId: survivor.id, loserId: loser.id, customer: { tags: ["late"] } });
	expect(preview.changed.toSorted()).toEqual(["emails", "tags"]);
	expect(await must(show(survivor.id), 200)).toMatchObject({ version: 1, tags: [] });
});

test("a repeated request with the same key merges once", async () => {
	const [survivor, loser] = [await make(), await make()];
	const options = { body: { loserId: loser.id }, headers: { "idempotency-key": `merge-${unique()}` } };
	const first = await home.as.agent<Customer>("POST", `/customers/${survivor.id}/merge`, options);
	const second = await home.as.agent<Customer>("POST", `/customers/${survivor.id}/merge`, options);
	const sagaOf = ({ body }: Answer<Customer>) => body.sagaId ?? body.id;
	expect([200, 202]).toContain(first.status);
	expect([second.status, sagaOf(second)]).toEqual([first.status, sagaOf(first)]);
});

describe("undoing a merge", () => {
	test("makes two of one again", async () => {
		const n = unique();
		const survivor = await make({ name: "Sue", tags: ["vip"] });
		const loser = await make({ name: "Lou", title: "Boss", tags: ["beta"], externalId: `x-${n}`, phone: "+43 1 555" });
		await must(home.as.agent("POST", `/customers/${loser.id}/notes`, { body: { body: "Hers." } }), 201);
		const [hers, his] = [await ticketFor(survivor.id, { ccEmails: [loser.email] }), await ticketFor(loser.id)];
		await must(merge(survivor, loser), 200);
		const since = await ticketFor(survivor.id);
		const back = await must(unmerge(loser.id), 200);
		expect(back).toMatchObject({
			id: loser.id,
			status: loser.status === "lead" ? expect.stringMatching(/lead|active/) : loser.status,
			email: loser.email,
			externalId: `x-${n}`,
			mergedIntoId: null,
			notesCount: 1,
		});
		const left = await must(show(survivor.id), 200);
		expect(left).toMatchObject({ email: survivor.email, tags: ["vip"], title: null, externalId: null, notesCount: 0 });
		expect([left.emails.length, left.phones.length]).toEqual([1, 0]);
		const owners = await Promise.all(
			[hers, his, since].map(({ id }) =>
				must(home.as.owner<{ customerId: string; ccEmails: string[] }>("GET", `/tickets/${id}`), 200),
			),
		);
		expect(owners.map(({ customerId }) => customerId)).toEqual([survivor.id, loser.id, survivor.id]);
		expect(owners[0]?.ccEmails).toEqual([loser.email]);
		const counted = await until(
			() => Promise.all([must(show(survivor.id), 200), must(show(loser.id), 200)]),
			([a, b]) => a.ticketCounters.total === 2 && b.ticketCounters.total === 1,
		);
		expect(counted.map(({ ticketCounters }) => ticketCounters.total)).toEqual([2, 1]);
		expect((await unmerge(loser.id, home.as.agent)).status).toBe(409);
		await must(home.as.agent("PATCH", `/customers/${loser.id}`, { body: { name: "Louise" } }), 200);
	});

	test("works by the survivor's id as well, and then again", async () => {
		const [survivor, loser] = [await make(), await make()];
		await must(merge(survivor, loser), 200);
		await must(unmerge(survivor.id), 200);
		await must(merge(survivor, loser), 200);
		expect((await show(loser.id)).status).toBe(301);
	});

	test("is for those who were merged, in this tenant", async () => {
		const [survivor, loser] = [await make(), await make()];
		expect((await unmerge(survivor.id, home.as.agent)).status).toBe(409);
		await must(merge(survivor, loser), 200);
		expect((await unmerge(loser.id, foreign.as.owner)).status).toBe(404);
	});
});

describe("the sagas behind it", () => {
	test("are listed, shown and kept apart by tenant", async () => {
		const [survivor, loser] = [await make(), await make()];
		const { sagaId } = await must(merge(survivor, loser), 200);
		const saga = await must(home.as.owner<Saga>("GET", `/sagas/${sagaId}`), 200);
		expect(saga).toMatchObject({
			id: sagaId,
			type: "customer.merge",
			status: "completed",
			step: null,
			result: { survivorId: survivor.id, loserId: loser.id },
		});
		expect(saga.log.map(({ step }) => step)).toEqual([
			...["lock", "tickets", "votes", "customers", "tokens", "latecomers", "notes", "unlock"],
		]);
		const list = await must(
			home.as.owner<{ data: Saga[]; degraded: boolean }>("GET", "/sagas?type=customer.merge&limit=1"),
			200,
		);
		expect([list.data[0]?.id, list.degraded]).toEqual([sagaId, false]);
		expect((await foreign.as.owner("GET", `/sagas/${sagaId}`)).status).toBe(404);
		expect((await foreign.as.owner("POST", `/sagas/${sagaId}/resume`)).status).toBe(404);
		expect((await home.as.supervisor("GET", "/sagas")).status).toBe(403);
		const refused = await home.as.owner("POST", `/sagas/${sagaId}/resume`);
		expect([refused.status, refused.body]).toEqual([409, expect.objectContaining({ code: "invalid_transition" })]);
		await must(desk.platform<Saga>("GET", `/sagas/${sagaId}`), 200);
		const all = await must(desk.platform<{ data: { tenantId: string }[] }>("GET", `/sagas?tenant=${foreign.id}`), 200);
		expect(all.data.every(({ tenantId }) => tenantId === foreign.id)).toBe(true);
	});

	test("go page by page, forwards and back", async () => {
		for (let n = 0; n < 3; n++) await must(merge(await make(), await make()), 200);
		interface Page {
			data: Saga[];
			page: { nextCursor: string | null; prevCursor: string | null; total?: number };
		}
		const page = (query: string) => must(home.as.owner<Page>("GET", `/sagas?limit=2&count=true${query}`), 200);
		const seen: string[] = [];
		let [at, last] = [await page(""), null as Page | null];
		const { total } = at.page;
		for (;;) {
			seen.push(...at.data.map(({ id }) => id));
			if (at.page.nextCursor === null) break;
			last = at;
			at = await page(`&cursor=${at.page.nextCursor}`);
		}
		expect([seen.length, new Set(seen).size, seen]).toEqual([total, total, seen.toSorted().reverse()]);
		const back = await page(`&cursor=${at.page.prevCursor}`);
		expect(back.data.map(({ id }) => id)).toEqual(last?.data.map(({ id }) => id));
	});
});
