import type { Service } from "moleculer";
import type { ServiceName } from "../../config.ts";
import { CREDENTIAL_REVOKED } from "../../contracts/gateway.ts";
import { type Answer, type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { until } from "../support/until.ts";

/* Each service away in turn: what needs it says so at once, and all else goes on. */

interface Setting {
	desk: Desk;
	tenant: DeskTenant;
	owner: Client;
	customerId: string;
	ticketId: string;
	articleId: string;
}

type Ask = (setting: Setting) => Promise<Answer>;
interface Line {
	what: string;
	ask: Ask;
	/** status of the answer */
	status: number;
	body?: object;
}

const get =
	(route: string | ((setting: Setting) => string)): Ask =>
	(setting) =>
		setting.owner("GET", typeof route === "string" ? route : route(setting));

const ticketBody = { subject: "Printer on fire", description: "It burns." };
const newTicket: Ask = ({ owner, customerId }) => owner("POST", "/tickets", { body: { ...ticketBody, customerId } });
const suggestion: Ask = ({ owner }) => owner("POST", "/knowledge-base/suggest", { body: { subject: "printer" } });

const LINES = {
	ticketList: { what: "the list of tickets", ask: get("/tickets?include=customer"), status: 200 },
	ticket: { what: "a ticket", ask: get(({ ticketId }) => `/tickets/${ticketId}`), status: 200 },
	newTicket: { what: "a new ticket of a known customer", ask: newTicket, status: 201 },
	customerList: { what: "the list of customers", ask: get("/customers"), status: 200 },
	customer: { what: "a customer", ask: get(({ customerId }) => `/customers/${customerId}`), status: 200 },
	newCustomer: {
		what: "a new customer",
		ask: ({ owner }) => owner("POST", "/customers", { body: { name: "Nina New" } }),
		status: 201,
	},
	articles: { what: "the list of articles", ask: get("/knowledge-base/articles"), status: 200 },
	article: { what: "an article", ask: get(({ articleId }) => `/knowledge-base/articles/${articleId}`), status: 200 },
	suggest: { what: "suggested articles", ask: suggestion, status: 200 },
	search: { what: "a search", ask: get("/tickets/search?q=printer"), status: 200 },
	stats: { what: "the dashboard", ask: get("/dashboard/stats"), status: 200 },
	me: { what: "who one is", ask: get("/me"), status: 200 },
	openapi: { what: "the description of the API", ask: get("/openapi.json"), status: 200 },
} satisfies Record<string, Line>;
type LineName = keyof typeof LINES;

/** What is different from all going well, by the service that is away. */
const AWAY: Partial<Record<ServiceName, Partial<Record<LineName, { status: number; body?: object }>>>> = {
	customers: {
		ticketList: {
			status: 200,
			body: { data: expect.arrayContaining([expect.objectContaining({ subject: ticketBody.subject })]) },
		},
		ticket: { status: 200, body: { requester: { name: "Carl Customer", stale: true } } },
		newTicket: { status: 201, body: { requester: { name: "Carl Customer", stale: true } } },
		customerList: { status: 503 },
		customer: { status: 503 },
		newCustomer: { status: 503 },
	},
	tickets: {
		ticketList: { status: 503 },
		ticket: { status: 503 },
		newTicket: { status: 503 },
		search: { status: 503 },
	},
	"knowledge-base": {
		articles: { status: 503 },
		article: { status: 503 },
		suggest: { status: 200, body: { data: [], degraded: true } },
	},
	search: { suggest: { status: 503 }, search: { status: 503 } },
	dashboard: { stats: { status: 503 } },
	identity: { me: { status: 503 } },
};

async function must<T>(answer: Promise<Answer<T>>, status: number): Promise<T> {
	const { status: given, body } = await answer;
	if (given !== status) throw new Error(`answered ${given}: ${JSON.stringify(body)}`);
	return body;
}

async function settingWithout(away: ServiceName): Promise<Setting> {
	const desk = await startDesk();
	const tenant = await desk.tenant();
	const { owner } = tenant.as;
	const customer = await must(owner<{ id: string }>("POST", "/customers", { body: { name: "Carl Customer" } }), 201);
	const customerId = customer.id;
	const ticket = await must(owner<{ id: string }>("POST", "/tickets", { body: { ...ticketBody, customerId } }), 201);
	const body = { title: "Printers", body: "How to put out a printer.", locale: "en", status: "published" };
	const article = await must(owner<{ id: string }>("POST", "/knowledge-base/articles", { body }), 201);
	await until(
		async () => (await owner<{ data: unknown[] }>("GET", "/tickets/search?q=printer")).body.data.length === 1,
	);
	await until(async () => (await suggestion({ owner } as Setting)).status === 200);
	const { broker } = desk.app;
	await broker.destroyService(broker.getLocalService(away) as Service);
	return { desk, tenant, owner, customerId, ticketId: ticket.id, articleId: article.id };
}

describe.each(Object.keys(AWAY) as ServiceName[])("without %s", (away) => {
	let setting: Setting;
	beforeAll(async () => {
		setting = await settingWithout(away);
	}, 60_000);
	afterAll(() => setting?.desk.stop());

	const lines = Object.entries(LINES).map(([name, line]) => ({ ...line, ...AWAY[away]?.[name as LineName] }) as Line);

	test.each(lines)("$what is answered with $status", async ({ ask, status, body }) => {
		const since = performance.now();
		const answer = await ask(setting);
		expect({ status: answer.status, body: answer.body }).toMatchObject({ status, ...(body ? { body } : {}) });
		if (status !== 503) return;
		expect(performance.now() - since).toBeLessThan(3000);
		expect(answer.body).toMatchObject({ code: "unavailable", type: "/problems/unavailable", status: 503 });
		expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
		expect(answer.headers.get("content-type")).toMatch(/^application\/problem\+json/);
	});

	test("the gateway says which service is down, and gets requests all the same", async () => {
		const { body } = await setting.desk.anonymous<{ status: string; services: { name: string; status: string }[] }>(
			"GET",
			"/api/health",
		);
		expect(body.status).toBe("degraded");
		expect(body.services.filter(({ status }) => status === "down").map(({ name }) => name)).toEqual([away]);
		expect((await setting.desk.anonymous("GET", "/health/ready")).status).toBe(200);
	});
});

describe("without identity", () => {
	let setting: Setting;
	beforeAll(async () => {
		setting = await settingWithout("identity");
	}, 60_000);
	afterAll(() => setting?.desk.stop());

	test("a credential that was not seen lately is not let in, and not called wrong", async () => {
		const stranger = setting.desk.client("cnd_never-seen-before");
		expect((await stranger("GET", "/tickets")).status).toBe(503);
		expect((await setting.tenant.as.viewer("GET", "/tickets")).status).toBe(503);
	});

	test("nobody goes on once a revocation was heard", async () => {
		expect((await setting.owner("GET", "/tickets")).status).toBe(200);
		await setting.desk.app.broker.broadcast(CREDENTIAL_REVOKED, {});
		await until(async () => (await setting.owner("GET", "/tickets")).status === 503);
	});
});
