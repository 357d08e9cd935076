import {
	createCustomer,
	deleteCustomer,
	getCustomer,
	listCustomers,
	listTags,
	updateCustomer,
} from "../../contracts/customers.ts";
import { newId } from "../../lib/ids.ts";
import { service } from "../support/callers.ts";
import { type CustomersDesk, customersDesk, problemOf } from "./desk.ts";

let desk: CustomersDesk;
beforeAll(async () => {
	desk = await customersDesk();
});
afterAll(() => desk?.stop());

describe("a new customer", () => {
	test("is answered whole, in the long and the short form, and recorded", async () => {
		const company = await desk.company({ name: "Acme" });
		const made = await desk.call(
			createCustomer,
			{
				name: "Ada Byron",
				email: " Ada@Mail.EXAMPLE",
				emails: ["second@mail.example"],
				phone: "+43 664 1234567",
				companyId: company.id,
				tags: ["VIP", "vip"],
				externalId: "crm-1",
				locale: "de-at",
				timeZone: "Europe/Vienna",
				title: "Countess",
			},
			desk.as.agent,
		);
		expect(made).toEqual({
			id: expect.any(String),
			tenantId: desk.as.agent.tenant?.id,
			version: 1,
			createdAt: "2025-01-15T09:00:00.000Z",
			updatedAt: "2025-01-15T09:00:00.000Z",
			name: "Ada Byron",
			email: "Ada@Mail.EXAMPLE",
			emails: [
				{ value: "Ada@Mail.EXAMPLE", normalized: "ada@mail.example", primary: true, verifiedAt: null },
				{ value: "second@mail.example", normalized: "second@mail.example", primary: false, verifiedAt: null },
			],
			phone: "+43 664 1234567",
			phones: [{ value: "+43 664 1234567", e164: "+436641234567", primary: true }],
			companyId: company.id,
			company: { id: company.id, name: "Acme" },
			companyIds: [company.id],
			companies: [{ id: company.id, role: "member" }],
			status: "lead",
			title: "Countess",
			avatarUrl: null,
			locale: "de-AT",
			timeZone: "Europe/Vienna",
			externalId: "crm-1",
			tags: ["vip"],
			customFields: {},
			notesCount: 0,
			ticketCounters: { open: 0, total: 0, lastTicketAt: null },
			lastSeenAt: null,
			deletedAt: null,
			mergedIntoId: null,
			mergedAt: null,
			erasedAt: null,
		});
		expect(await desk.call(getCustomer, { id: made.id }, desk.as.supervisor)).toEqual(made);
		expect(createCustomer.headers?.(made)).toEqual({ Location: `/api/customers/${made.id}` });
		const [event] = await desk.eventsOf(made.id, 1);
		expect(event).toMatchObject({
			type: "customer.created",
			tenantId: desk.home.id,
			subject: `customer/${made.id}`,
			sequence: 1,
			actor: { type: "user", id: desk.as.agent.id },
			data: {
				name: "Ada Byron",
				primaryEmail: "Ada@Mail.EXAMPLE",
				status: "lead",
				companies: [{ id: company.id, role: "member" }],
				tags: ["vip"],
				deleted: false,
			},
		});
	});

	test("that says nothing about itself is refused", async () => {
		expect(await problemOf(desk.call(createCustomer, { title: "Dr" }, desk.as.agent))).toMatchObject({
			status: "422 validation_failed",
		});
	});

	test("with an address or external id that somebody has is refused, and told who", async () => {
		const first = await desk.customer({ email: "taken@mail.example", externalId: "taken" });
		const byEmail = await problemOf(
			desk.call(createCustomer, { emails: ["free@mail.example", "TAKEN@mail.example"] }, desk.as.agent),
		);
		expect(byEmail).toMatchObject({ status: "409 duplicate", data: { extra: { existingId: first.id } } });
		expect(byEmail.data.errors?.[0]?.pointer).toBe("/emails/1/value");
		const byId = await problemOf(desk.customer({ externalId: "taken" }));
		expect(byId).toMatchObject({ status: "409 duplicate", data: { extra: { existingId: first.id } } });
		await desk.call(deleteCustomer, { id: first.id }, desk.as.admin);
		expect((await problemOf(desk.customer({ email: "taken@mail.example" }))).data.extra).toEqual({
			existingId: first.id,
			existingDeleted: true,
		});
	});

	test("named by the same command twice is made once", async () => {
		const meta = { commandId: `create ${newId()}` };
		const params = { name: "Once", email: "once@mail.example" };
		const first = await desk.call(createCustomer, params, desk.as.agent, meta);
		expect(await desk.call(createCustomer, params, desk.as.agent, meta)).toEqual(first);
	});
});

describe("a change", () => {
	test("touches only what it names, counts the version, and records what changed", async () => {
		const made = await desk.customer({ name: "Bea", title: "Dr", tags: ["a"] });
		desk.clock.advance(1000);
		const after = await desk.call(updateCustomer, { id: made.id, title: null, phone: "+43 1 5880" }, desk.as.agent);
		expect(after).toEqual({
			...made,
			version: 2,
			updatedAt: desk.clock.now().toISOString(),
			title: null,
			phone: "+43 1 5880",
			phones: [expect.objectContaining({ value: "+43 1 5880", primary: true })],
		});
		const events = await desk.eventsOf(made.id, 2);
		expect(events[1]).toMatchObject({ type: "customer.updated", sequence: 2 });
		expect(events[1]?.data.changed).toEqual(expect.arrayContaining(["phones", "title"]));
		expect(events[1]?.data.changed).toHaveLength(2);
	});

	test("of nothing changes nothing", async () => {
		const made = await desk.customer({ tags: ["a"] });
		desk.clock.advance(1000);
		const same = { id: made.id, name: made.name, email: made.email, tags: ["A"], status: "lead" as const };
		expect(await desk.call(updateCustomer, same, desk.as.agent)).toEqual(made);
	});

	test("by somebody with an old version is refused", async () => {
		const made = await desk.customer();
		await desk.call(updateCustomer, { id: made.id, name: "New", ifVersion: 1 }, desk.as.agent);
		const late = await problemOf(desk.call(updateCustomer, { id: made.id, name: "Old", ifVersion: 1 }, desk.as.agent));
		expect(late).toMatchObject({ status: "412 precondition_failed", data: { headers: { ETag: '"v2"' } } });
	});

	test("to a status that cannot follow is refused", async () => {
		const made = await desk.customer({ status: "blocked" });
		const refused = await problemOf(desk.call(updateCustomer, { id: made.id, status: "inactive" }, desk.as.agent));
		expect(refused).toMatchObject({ status: "409 invalid_transition" });
		const active = await desk.call(updateCustomer, { id: made.id, status: "active" }, desk.as.agent);
		expect(active.status).toBe("active");
	});

	test("cannot take somebody else's address, but keep or swap one's own", async () => {
		const [one, two] = [await desk.customer(), await desk.customer()];
		const taken = await problemOf(desk.call(updateCustomer, { id: one.id, email: two.email }, desk.as.agent));
		expect(taken).toMatchObject({ status: "409 duplicate", data: { extra: { existingId: two.id } } });
		const swapped = await desk.call(
			updateCustomer,
			{ id: one.id, emails: ["extra@mail.example", one.email as string] },
			desk.as.agent,
		);
		expect(swapped.email).toBe("extra@mail.example");
		const freed = await desk.call(updateCustomer, { id: one.id, emails: [] }, desk.as.agent);
		expect(freed).toMatchObject({ email: null, emails: [] });
		await desk.customer({ email: "extra@mail.example" });
	});
});

describe("companies of a customer", () => {
	test("are found or made by name", async () => {
		const made = await desk.customer({ company: " Globex  Corp " });
		expect(made.company?.name).toBe("Globex Corp");
		const again = await desk.customer({ company: "GLOBEX CORP" });
		expect(again.company).toEqual(made.company);
		const [event] = await desk.eventsOf(made.companyId as string, 1);
		expect(event).toMatchObject({ type: "company.created", data: { name: "Globex Corp", deleted: false } });
	});

	test("are found by the domain of an address, where nothing else is said", async () => {
		const company = await desk.company({ domains: ["Initech.example", "gmail.com"] });
		expect((await desk.customer({ email: "peter@INITECH.example" })).companyId).toBe(company.id);
		expect((await desk.customer({ email: "milton@gmail.com" })).companyId).toBeNull();
		expect((await desk.customer({ email: "bill@initech.example", companyId: null })).companyId).toBeNull();
		expect((await desk.customer({ email: "x@sub.initech.example" })).companyId).toBeNull();
		const other = await desk.company();
		expect((await desk.customer({ email: "bob@initech.example", companyId: other.id })).companyIds).toEqual([other.id]);
	});

	test("can be several, with roles, the first being the primary", async () => {
		const [a, b] = [await desk.company(), await desk.company()];
		const made = await desk.customer({ companies: [{ id: a.id, role: "manager" }, { id: b.id }] });
		expect(made.companies).toEqual([
			{ id: a.id, role: "manager" },
			{ id: b.id, role: "member" },
		]);
		const after = await desk.call(updateCustomer, { id: made.id, companyId: b.id }, desk.as.agent);
		expect(after.companyIds).toEqual([b.id, a.id]);
		expect(after.company?.id).toBe(b.id);
		expect(after.companies[1]?.role).toBe("manager");
	});

	test("must be there", async () => {
		const strangers = await desk.call(createCustomer, { name: "X", company: "Theirs" }, desk.as.stranger);
		for (const id of [newId(), strangers.companyId as string]) {
			expect(await problemOf(desk.customer({ companyId: id }))).toMatchObject({
				status: "422 validation_failed",
				data: { errors: [{ pointer: "/companyId" }] },
			});
		}
	});
});

describe("the list", () => {
	const marked = async (fields: object) => desk.customer({ tags: ["listed"], ...fields });
	const ids = async (filter: object, more: object = {}) => {
		const params = { filter: { tag: { eq: "listed" }, ...filter }, sort: "createdAt", ...more };
		return (await desk.call(listCustomers, params, desk.as.agent)).data.map((customer) => customer.name);
	};

	test("is filtered and sorted every way it offers, over an index", async () => {
		const company = await desk.company({ name: "Listed" });
		const started = desk.clock.now().toISOString();
		await marked({ name: "charlie", tags: ["listed", "red"], status: "active" });
		desk.clock.advance(1000);
		await marked({ name: "Alpha", tags: ["LISTED", "red", "blue"], companyId: company.id });
		desk.clock.advance(1000);
		await marked({ name: "bravo", tags: ["listed", "blue"], externalId: "listed-3", companyIds: [company.id] });
		const later = desk.clock.now().toISOString();
		expect(await ids({})).toEqual(["charlie", "Alpha", "bravo"]);
		expect(await ids({}, { sort: "-createdAt" })).toEqual(["bravo", "Alpha", "charlie"]);
		expect(await ids({}, { sort: "name" })).toEqual(["Alpha", "bravo", "charlie"]);
		expect(await ids({}, { sort: "-updatedAt" })).toEqual(["bravo", "Alpha", "charlie"]);
		expect(await ids({ tag: { all: ["listed", "Red", "blue"] } })).toEqual(["Alpha"]);
		expect(await ids({ tagAny: { in: ["RED", "green"] } })).toEqual(["charlie", "Alpha"]);
		expect(await ids({ tag: { ne: "red" }, tagAny: { eq: "listed" } })).toEqual(["bravo"]);
		expect(await ids({ status: { in: ["active", "blocked"] } })).toEqual(["charlie"]);
		expect(await ids({ status: { eq: "lead" } }, { sort: "-name" })).toEqual(["bravo", "Alpha"]);
		expect(await ids({ companyId: { eq: company.id } })).toEqual(["Alpha", "bravo"]);
		expect(await ids({ companyId: { eq: null } })).toEqual(["charlie"]);
		expect(await ids({ externalId: { eq: "listed-3" } })).toEqual(["bravo"]);
		expect(await ids({ createdAt: { gt: started, lt: later } })).toEqual(["Alpha"]);
		expect(await ids({ updatedAt: { lte: started } })).toEqual(["charlie"]);
	});

	test("pages without gaps or repeats, and counts", async () => {
		for (let i = 0; i < 7; i++) await desk.customer({ name: `Page ${i}`, tags: ["paged"] });
		const seen: string[] = [];
		let cursor: string | null | undefined;
		do {
			const params = { filter: { tag: { eq: "paged" } }, sort: "-name", limit: 3, count: true };
			const answer = await desk.call(listCustomers, { ...params, ...(cursor ? { cursor } : {}) }, desk.as.agent);
			expect(answer.page.total).toBe(7);
			seen.push(...answer.data.map((customer) => customer.name));
			cursor = answer.page.nextCursor;
		} while (cursor);
		expect(seen).toEqual([6, 5, 4, 3, 2, 1, 0].map((i) => `Page ${i}`));
	});

	test("brings companies along", async () => {
		const company = await desk.company({ name: "Included" });
		const made = await desk.customer({ companyId: company.id });
		const params = { filter: { email: { eq: made.email } }, include: ["company"] };
		expect((await desk.call(listCustomers, params, desk.as.agent)).included).toEqual({ company: [company] });
	});
});

test("tags are listed as long as somebody carries them", async () => {
	const made = await desk.customer({ tags: ["zz-one", "zz-two"] });
	const names = async () => (await desk.call(listTags, { prefix: "ZZ-" }, desk.as.viewer)).data.map((tag) => tag.name);
	expect(await names()).toEqual(["zz-one", "zz-two"]);
	await desk.call(updateCustomer, { id: made.id, tags: ["zz-two", "zz-three"] }, desk.as.agent);
	expect(await names()).toEqual(["zz-three", "zz-two"]);
	expect((await desk.call(listTags, { prefix: "zz-", limit: 1 }, desk.as.viewer)).data).toEqual([{ name: "zz-three" }]);
	expect((await desk.call(listTags, {}, desk.as.stranger)).data).toEqual([]);
});

test("an integration does what its scopes say", async () => {
	const reader = service(desk.home, ["customers.read"]);
	const writer = service(desk.home, ["customers.*"]);
	expect(await problemOf(desk.call(createCustomer, { name: "X" }, reader))).toMatchObject({ code: 403 });
	const made = await desk.call(createCustomer, { email: "integration@mail.example" }, writer);
	expect(made.email).toBe("integration@mail.example");
	expect((await desk.call(getCustomer, { id: made.id }, reader)).email).toBe("i***@mail.example");
});
