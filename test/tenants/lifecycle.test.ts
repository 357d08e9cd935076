import { createHash } from "node:crypto";
import { PARTITIONED } from "../../contracts/tenant-partition.ts";
import { type Client, type Desk, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";

/*
 * The end of a tenant over HTTP, on the whole product with a clock of our own: thirty days pass when the test says so.
 */

const DAY_MS = 24 * 3600 * 1000;

interface Offboarding {
	status: string;
	offboarding: {
		sagaId: string;
		purgeAfter: string;
		cancellable: boolean;
		exports: { service: string; entities: number; bytes: number; sha256: string | null; url: string }[];
		certificate: {
			removed: Record<string, Record<string, number>>;
			left: Record<string, Record<string, number>>;
			exports: { service: string; entities: number; sha256: string }[];
		} | null;
	} | null;
}

const clock = manualClock();
let desk: Desk;
beforeAll(async () => {
	desk = await startDesk({ clock });
}, 60_000);
afterAll(() => desk?.stop());

async function must<T>(answer: Promise<{ status: number; body: T }>, status: number): Promise<T> {
	const { status: given, body } = await answer;
	if (given !== status) throw new Error(`answered ${given}: ${JSON.stringify(body)}`);
	return body;
}

/** Waits for something that the product does by itself, the clock standing still. */
async function until<T>(look: () => Promise<T | null | undefined | false>): Promise<T> {
	for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
		const found = await look();
		if (found) return found;
		if (Date.now() > end) throw new Error("it did not come to pass");
	}
}

/** Does what sagas have to do now that the clock was moved. */
const settleSagas = () =>
	(desk.app.broker.getLocalService("identity") as unknown as { settleSagas(): Promise<void> }).settleSagas();

/** Something of everything that a tenant can have. */
async function fill(owner: Client, n: number): Promise<void> {
	const company = await must<{ id: string }>(owner("POST", "/companies", { body: { name: "Pumps Ltd" } }), 201);
	await must(
		owner("POST", "/custom-fields", { body: { target: "customer", key: "plan", label: "Plan", type: "text" } }),
		201,
	);
	const category = await must<{ id: string }>(
		owner("POST", "/knowledge-base/categories", { body: { name: "Guides" } }),
		201,
	);
	for (let i = 0; i < n; i++) {
		const customer = await must<{ id: string }>(
			owner("POST", "/customers", {
				body: { name: `Cora ${i}`, email: `cora${i}@pumps.example`, companyId: company.id, tags: ["vip"] },
			}),
			201,
		);
		await must(owner("POST", `/customers/${customer.id}/notes`, { body: { body: "A note" } }), 201);
		const ticket = await must<{ id: string }>(
			owner("POST", "/tickets", {
				body: { subject: `Pump ${i} drips`, description: "It drips.", customerId: customer.id },
			}),
			201,
		);
		await must(owner("POST", `/tickets/${ticket.id}/messages`, { body: { body: "We look at it." } }), 201);
		const article = await must<{ id: string }>(
			owner("POST", "/knowledge-base/articles", {
				body: { title: `How ${i}`, body: "So.", status: "published", categoryId: category.id },
			}),
			201,
		);
		await must(owner("POST", `/knowledge-base/articles/${article.id}/rate`, { body: { value: "helpful" } }), 200);
	}
	await must(owner("GET", "/knowledge-base/search?q=how"), 200);
}

const found = async (client: Client, route: string) =>
	(await must(client<{ data: unknown[] }>("GET", route), 200)).data.length;

const offboarding = (client: Client, id: string) => must(client<Offboarding>("GET", `/tenants/${id}/offboarding`), 200);

/** The lines of an export, whose last one has been checked. */
async function exportOf(client: Client, id: string, service: string): Promise<Record<string, unknown>[]> {
	const text = await must(client<string>("GET", `/tenants/${id}/exports/${service}`), 200);
	const lines = text.trimEnd().split("\n");
	const last = JSON.parse(lines.pop() ?? "");
	const sha256 = createHash("sha256")
		.update(lines.map((line) => `${line}\n`).join(""))
		.digest("hex");
	expect(last).toEqual({ endOfExport: true, service, entities: lines.length, sha256 });
	return lines.map((line) => JSON.parse(line));
}

test("a tenant that leaves is read-only, exported, kept for its grace, and then gone without a trace", async () => {
	const [leaving, staying] = await Promise.all([desk.tenant(), desk.tenant()]);
	const { owner, agent } = leaving.as;
	await Promise.all([fill(owner, 3), fill(staying.as.owner, 3)]);
	await until(async () => (await found(owner, "/tickets/search?q=drips")) === 3);
	const leave = (client: Client, confirm = leaving.slug) =>
		client<Offboarding>("POST", `/tenants/${leaving.id}/offboard`, { body: { confirm } });

	expect((await leave(leaving.as.admin)).status).toBe(403);
	expect((await leave(staying.as.owner)).status).toBe(404);
	expect((await leave(owner, staying.slug)).status).toBe(422);
	const begun = await must(leave(owner), 202);
	expect(begun).toMatchObject({ status: "offboarding", offboarding: { cancellable: true, certificate: null } });
	expect((await leave(owner)).body).toMatchObject({ code: "tenant_offboarding" });
	expect((await leave(desk.platform)).body).toMatchObject({ status: 409, code: "invalid_transition" });

	const refused = await agent("POST", "/tickets", { body: { subject: "x", customer: { email: "n@x.example" } } });
	expect([refused.status, refused.body]).toMatchObject([403, { code: "tenant_offboarding" }]);
	expect(await found(owner, "/tickets")).toBe(3);
	expect((await owner("GET", `/tenants/${leaving.id}/exports/tickets`)).status).toBe(404);

	clock.advance(16_000);
	await settleSagas();
	const exported = await until(async () => {
		const { offboarding: state } = await offboarding(owner, leaving.id);
		return state?.exports.length === 4 && state.exports.every(({ sha256 }) => sha256) ? state : null;
	});
	const tickets = await exportOf(owner, leaving.id, "tickets");
	expect(Map.groupBy(tickets, ({ entity }) => entity).get("ticket")).toMatchObject([
		{ number: 1, subject: "Pump 0 drips", tenantId: leaving.id },
		{ number: 2 },
		{ number: 3 },
	]);
	const kinds = new Set(tickets.map(({ entity }) => entity));
	expect([...kinds]).toEqual(["ticket", "message", "auditEntry", "savedView", "calendar", "rule"]);
	const customers = await exportOf(owner, leaving.id, "customers");
	expect(customers.filter(({ entity }) => entity === "customer")).toHaveLength(3);
	expect(new Set(customers.map(({ entity }) => entity))).toEqual(
		new Set(["company", "customField", "customer", "customerNote"]),
	);
	const people = await exportOf(owner, leaving.id, "identity");
	expect(people.filter(({ entity }) => entity === "user")).toHaveLength(5);
	expect(JSON.stringify(people)).not.toContain("hash");
	expect(
		(await exportOf(owner, leaving.id, "knowledge-base")).filter(({ entity }) => entity === "article"),
	).toHaveLength(3);
	expect(exported.exports.find(({ service }) => service === "tickets")?.entities).toBe(tickets.length);
	for (const client of [staying.as.owner, desk.platform, leaving.as.admin])
		expect([403, 404]).toContain((await client("GET", `/tenants/${leaving.id}/exports/tickets`)).status);

	clock.advance(29 * DAY_MS);
	await settleSagas();
	expect(await found(owner, "/tickets")).toBe(3);

	clock.advance(DAY_MS + 1000);
	const done = await until(async () => {
		await settleSagas();
		const state = await offboarding(desk.platform, leaving.id);
		if (state.status === "offboarded") return state;
		clock.advance(1000);
	});
	const certificate = done.offboarding?.certificate;
	expect(certificate?.removed).toMatchObject({
		tickets: { tickets: 3, ticket_messages: 6 },
		customers: { customers: 3, companies: 1, customer_notes: 3, custom_fields: 1, known_tags: 1 },
		"knowledge-base": { articles: 3, categories: 1 },
		dashboard: { dashboard_tickets: 3, dashboard_tenants: 1 },
		identity: { users: 5, groups: 1 },
		search: { ticket: 3, customer: 3, article: 3 },
	});
	expect(Object.keys(certificate?.left ?? {}).sort()).toEqual([...PARTITIONED].sort());
	for (const counts of Object.values(certificate?.left ?? {}))
		for (const [name, count] of Object.entries(counts)) expect([name, count]).toEqual([name, 0]);
	expect(certificate?.exports.find(({ service }) => service === "tickets")?.entities).toBe(tickets.length);

	expect((await owner("GET", "/me")).status).toBe(401);
	expect(await found(staying.as.owner, "/tickets")).toBe(3);
	expect(await found(staying.as.owner, "/tickets/search?q=drips")).toBe(3);
	expect((await desk.anonymous("GET", `/help/${leaving.slug}/articles`)).status).toBe(404);
	const events = await desk.app.runtime.events.read({ tenantId: leaving.id, limit: 100 });
	expect(new Set(events.map(({ event }) => event.type))).toEqual(
		new Set(["tenant.offboarded", "saga.step_completed", "saga.completed"]),
	);
}, 120_000);

test("who changes their mind within the grace stays as they were", async () => {
	const tenant = await desk.tenant();
	const { owner } = tenant.as;
	await fill(owner, 1);
	const leave = () => owner<Offboarding>("POST", `/tenants/${tenant.id}/offboard`, { body: { confirm: tenant.slug } });
	const { offboarding: begun } = await must(leave(), 202);
	clock.advance(16_000);
	await settleSagas();
	await until(async () => (await offboarding(owner, tenant.id)).offboarding?.exports.length === 4);
	const cancel = () => owner<Offboarding>("POST", `/tenants/${tenant.id}/offboard/cancel`);
	expect(await must(cancel(), 200)).toEqual({ tenantId: tenant.id, status: "active", offboarding: null });
	expect((await cancel()).body).toMatchObject({ status: 409, code: "invalid_transition" });
	await must(owner("POST", "/groups", { body: { name: "Still here" } }), 201);
	const saga = await until(async () => {
		const { body } = await owner<{ status: string }>("GET", `/sagas/${begun?.sagaId}`);
		return body.status === "compensated" ? body : null;
	});
	expect(saga).toMatchObject({ type: "tenant.offboard", error: { code: "offboarding_cancelled" } });
	expect((await owner("GET", `/tenants/${tenant.id}/exports/tickets`)).status).toBe(404);
	clock.advance(31 * DAY_MS);
	await settleSagas();
	expect(await found(owner, "/tickets")).toBe(1);
	const again = await must(leave(), 202);
	expect(again.offboarding?.sagaId).not.toBe(begun?.sagaId);
	await must(desk.platform("POST", `/tenants/${tenant.id}/offboard/cancel`), 200);
	expect(await found(owner, "/tickets")).toBe(1);
}, 120_000);
