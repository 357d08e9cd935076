import { caughtUp } from "../dashboard/desk.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { manualClock } from "../support/manual-clock.ts";

/* How the desk's own services are told to do, and what the dashboard answers when the event log cannot be reached. */

interface Told {
	name: string;
	status: string;
	p95Ms: number | null;
	errorRate: number | null;
	outboxLagMs: number | null;
	consumerLag: number | null;
}

const ROUTES = ["stats", "metrics", "timeseries", "agents", "kb", "activity", "tickets?metric=created"];

const clock = manualClock("2025-05-05T09:00:00.000Z");
let desk: Desk;
let home: DeskTenant;

async function ok<T>(client: Client, method: string, route: string, body?: unknown): Promise<T> {
	const answer = await client<T>(method, route, body === undefined ? {} : { body });
	if (answer.status >= 300) throw new Error(`${method} ${route} answered ${answer.status}`);
	return answer.body;
}
const system = async () => {
	const { system: told } = await ok<{ system: { services: Told[] } }>(home.as.owner, "GET", "/dashboard/metrics");
	return new Map(told.services.map((service) => [service.name, service]));
};
/** An answer without what tells how fresh it is, and how the services do. */
const numbersOf = async (route: string) => {
	const {
		asOf,
		lagMs,
		stale,
		system: _system,
		...numbers
	} = await ok<Record<string, unknown>>(home.as.owner, "GET", `/dashboard/${route}`);
	return { fresh: { asOf, lagMs, stale }, numbers };
};

beforeAll(async () => {
	desk = await startDesk({ clock });
	home = await desk.tenant();
	const customer = { email: "nina@degraded.example", name: "Nina" };
	for (const subject of ["One", "Two"])
		await ok(home.as.supervisor, "POST", "/tickets", { subject, description: "Hello", customer, asCustomer: true });
	await caughtUp(desk.app as never);
}, 60_000);
afterAll(() => desk?.stop());

test("each service tells how fast it answers, how often it fails and what it has still to publish", async () => {
	await ok(home.as.owner, "GET", "/knowledge-base/articles");
	const services = await system();
	expect([...services.keys()].sort()).toEqual(
		["customers", "dashboard", "gateway", "identity", "knowledge-base", "search", "tickets"].sort(),
	);
	for (const name of ["gateway", "identity", "tickets", "customers", "knowledge-base"]) {
		const told = services.get(name);
		expect(told).toMatchObject({ status: "up", errorRate: 0, outboxLagMs: 0 });
		expect(told?.p95Ms).toBeGreaterThan(0);
		expect(told?.p95Ms).toBeLessThan(10_000);
	}
});

test("of a service that nobody offers, nothing is known", async () => {
	const search = desk.app.broker.getLocalService("search");
	await desk.app.broker.destroyService(search as never);
	const services = await system();
	expect(services.get("search")).toMatchObject({ status: "down", p95Ms: null, errorRate: null, outboxLagMs: null });
	expect(services.get("tickets")).toMatchObject({ status: "up", outboxLagMs: 0 });
});

test("without the event log the last known numbers are served as stale, and what waits to be published is told", async () => {
	const before = new Map<string, unknown>();
	for (const route of ROUTES) before.set(route, (await numbersOf(route)).numbers);
	const { asOf } = (await numbersOf("stats")).fresh;
	await desk.app.runtime.events.close();
	clock.advance(1000);
	const [ticket] = (await ok<{ data: { id: string }[] }>(home.as.owner, "GET", "/tickets")).data;
	await ok(home.as.owner, "PATCH", `/tickets/${ticket?.id}`, { priority: "urgent" });
	clock.advance(2500);
	for (const route of ROUTES) {
		const { fresh, numbers } = await numbersOf(route);
		expect(fresh).toEqual({ asOf, lagMs: null, stale: true });
		expect(numbers).toEqual(before.get(route));
	}
	const services = await system();
	expect(services.get("tickets")).toMatchObject({ status: "up", outboxLagMs: 2500, consumerLag: null });
	expect(services.get("customers")).toMatchObject({ outboxLagMs: 0 });
});
