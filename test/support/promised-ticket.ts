import { type Acknowledged, PatientClient, Refused } from "../../scripts/chaos/client.ts";
import { until } from "./until.ts";

/*
 * The life of one ticket as people would live it, by requests to the API alone: opened on a Friday afternoon in Berlin,
 * nearly late, late, escalated, answered, solved, praised, closed, and continued.
 */

/** The product that it happens in. */
export interface Stage {
	origins: readonly string[];
	platformToken: string;
	/** Makes it that time of day for the whole product. Time only goes forward. */
	at(instant: string): Promise<void>;
	/** Happens at the same time as every step. */
	meanwhile(): Promise<unknown>;
}

/** What follows by itself may take so long, ms. */
const FOLLOWS_WITHIN_MS = 60_000;

interface Promised {
	state: string;
	dueAt: string | null;
	atRiskAt: string | null;
	elapsedSec: number;
	targetSec: number;
	breached: boolean;
	breachedAt?: string;
	breachedBySec?: number;
	segments?: { countedSec: number; why: string }[];
}
interface TicketAnswer {
	id: string;
	number: number;
	status: string;
	tags: string[];
	assigneeId: string | null;
	followUpOfId: string | null;
	escalationLevel: number;
	csat: { rating: number; comment: string | null } | null;
	sla: { state: string; nextBreachAt: string | null; metrics: Record<string, Promised> } | null;
}
interface Notified {
	data: { kind: string; ticketId: string; title: string }[];
	unreadCount: number;
}

/** Somebody who sends requests until they are answered. */
class Person {
	readonly id: string;
	private readonly client: PatientClient;
	private readonly token: string;

	constructor(client: PatientClient, id: string, token: string) {
		this.client = client;
		this.id = id;
		this.token = token;
	}

	read<T>(route: string): Promise<T> {
		return this.client.read<T>(this.token, route);
	}

	send<T = { id: string }>(method: string, route: string, body: unknown = {}): Promise<Acknowledged<T>> {
		return this.client.command<T>(this.token, method, route, body);
	}
}

/** Who works at the desk, and whose ticket it is. */
interface Desk {
	owner: Person;
	supervisor: Person;
	agents: [Person, Person];
	customer: Person;
	groupId: string;
}

const GOLD = {
	name: "Gold",
	isDefault: true,
	targets: {
		first_response: { normal: 3600 },
		next_response: { normal: 7200 },
		resolution: { normal: 8 * 3600 },
	},
};

async function openDesk(client: PatientClient, platformToken: string, slug: string): Promise<Desk> {
	const { body: made } = await client.command<{ owner: { id: string }; token: string }>(
		platformToken,
		"POST",
		"/tenants",
		{
			...{ slug, name: "Gold & Sons", timeZone: "Europe/Berlin" },
			owner: { name: "Olga Owner", email: `olga@${slug}.example` },
		},
	);
	const owner = new Person(client, made.owner.id, made.token);
	const group = await owner.send("POST", "/groups", {
		name: "First line",
		assignment: { strategy: "round_robin" },
	});
	const person = async (name: string, role: string) => {
		const email = `${name.toLowerCase()}@${slug}.example`;
		const { body: user } = await owner.send("POST", "/users", { name, email, role, groupIds: [group.body.id] });
		const { body } = await owner.send<{ token: string }>("POST", "/tokens", { name, userId: user.id });
		return new Person(client, user.id, body.token);
	};
	const supervisor = await person("Susi", "supervisor");
	const agents: Desk["agents"] = [await person("Anna", "agent"), await person("Bert", "agent")];
	const { body: carl } = await owner.send("POST", "/customers", { name: "Carl", email: `carl@${slug}.example` });
	const { body: own } = await owner.send<{ token: string }>("POST", "/tokens", { name: "Carl", customerId: carl.id });
	return { owner, supervisor, agents, customer: new Person(client, carl.id, own.token), groupId: group.body.id };
}

/** Promises, and what happens when they are broken. */
async function makePromises({ owner }: Desk): Promise<void> {
	await owner.send("POST", "/sla-policies", GOLD);
	const { data: rules } = await owner.read<{ data: { id: string; name: string; active: boolean }[] }>("/rules");
	expect(rules.map(({ active }) => active)).toEqual([false, false, false, false]);
	for (const { id, name } of rules)
		if (name.startsWith("Promise")) await owner.send("PATCH", `/rules/${id}`, { active: true });
	await owner.send("POST", "/rules", {
		name: "Late for a quarter of an hour: to the supervisor",
		active: true,
		trigger: { after: 900, since: "breachedAt:first_response", level: 1 },
		conditions: { all: [{ field: "status", operator: "not_in", value: ["solved", "closed"] }] },
		actions: [{ type: "notify", roles: ["supervisor"], template: "Ticket {{ticket.number}} is late" }],
	});
}

/** The product's clock goes on while requests are under way, so instants are compared with this much to spare. */
const WITHIN_SEC = 90;

function expectAbout(instant: string | null | undefined, expected: string): void {
	expect(Math.abs(Date.parse(instant ?? "") - Date.parse(expected)) / 1000).toBeLessThan(WITHIN_SEC);
}

const sum = (segments: readonly { countedSec: number }[] = []) =>
	segments.reduce((total, { countedSec }) => total + countedSec, 0);

/** Lives it. Throws where anything is not as it has to be. */
export async function livePromisedTicket(stage: Stage, slug: string): Promise<void> {
	const client = new PatientClient(stage.origins);
	const step = async <T>(work: () => Promise<T>): Promise<T> => (await Promise.all([work(), stage.meanwhile()]))[0];
	const follows = (holds: () => Promise<void>) => until(() => holds().then(() => true), FOLLOWS_WITHIN_MS);

	await stage.at("2026-11-27T15:20:00.000Z");
	const desk = await openDesk(client, stage.platformToken, slug);
	const { owner, supervisor, agents, customer, groupId } = desk;
	const [anna, bert] = agents;
	await makePromises(desk);
	await step(() => anna.send("PUT", "/me/availability", { availability: "online" }));

	// Friday, 16:30 in Berlin: half an hour is left of the week.
	await stage.at("2026-11-27T15:30:00.000Z");
	const { body: opened } = await step(() =>
		owner.send<TicketAnswer>("POST", "/tickets", {
			...{ subject: "The heating is cold", description: "Since this morning.", asCustomer: true },
			...{ customerId: customer.id, groupId },
		}),
	);
	const route = `/tickets/${opened.id}`;
	const ticket = () => owner.read<TicketAnswer>(route);
	const promised = async (metric: string) => (await ticket()).sla?.metrics[metric] as Promised;
	const { state, dueAt, atRiskAt } = await promised("first_response");
	expect(state).toBe("active");
	expectAbout(dueAt, "2026-11-30T08:30:00.000Z");
	expectAbout(atRiskAt, "2026-11-30T08:18:00.000Z");
	expectAbout((await promised("resolution")).dueAt, "2026-11-30T15:30:00.000Z");
	await follows(async () => expect((await ticket()).assigneeId).toBe(anna.id));

	await stage.at("2026-11-30T08:10:00.000Z");
	const explained = await step(() => owner.read<{ metrics: Record<string, Promised> }>(`${route}/sla?explain=true`));
	const { segments, elapsedSec } = explained.metrics.first_response as Promised;
	expect(Math.abs(elapsedSec - 40 * 60)).toBeLessThan(WITHIN_SEC);
	expect(sum(segments)).toBe(elapsedSec);
	expect(segments?.map(({ why }) => why)).toEqual(["business", "closed", "business"]);

	// Warned, then late, then escalated.
	await step(() => stage.at("2026-11-30T08:18:01.000Z"));
	await follows(async () => {
		expect((await ticket()).sla?.state).toBe("at_risk");
		expect((await anna.read<Notified>("/notifications")).data.map(({ kind }) => kind)).toContain("rule");
	});
	await step(() => stage.at("2026-11-30T08:30:01.000Z"));
	await follows(async () => {
		const { breached, breachedAt } = await promised("first_response");
		expect(breached).toBe(true);
		expectAbout(breachedAt, "2026-11-30T08:30:00.000Z");
		expect((await ticket()).tags).toContain("sla-breached");
		expect((await supervisor.read<Notified>("/notifications")).unreadCount).toBe(1);
	});
	await step(() => stage.at("2026-11-30T08:45:01.000Z"));
	await follows(async () => {
		expect((await ticket()).escalationLevel).toBe(1);
		expect((await supervisor.read<Notified>("/notifications")).unreadCount).toBe(2);
	});

	// Answered a quarter of an hour and fifteen minutes late; while Anna is away, Bert gets what comes in.
	await stage.at("2026-11-30T09:00:00.000Z");
	await step(() => anna.send("POST", `${route}/messages`, { body: "I turn the pump on.", status: "pending" }));
	const answered = await promised("first_response");
	expect(answered).toMatchObject({ state: "breached", breached: true });
	expect(Math.abs((answered.breachedBySec ?? 0) - 1800)).toBeLessThan(WITHIN_SEC);
	expect(await promised("resolution")).toMatchObject({ state: "paused", dueAt: null });
	await step(() => anna.send("PUT", "/me/availability", { availability: "offline" }));
	const { body: second } = await step(() =>
		owner.send<TicketAnswer>("POST", "/tickets", {
			...{ subject: "The water, too", description: "Cold.", asCustomer: true, customerId: customer.id, groupId },
		}),
	);
	expect((await owner.read<TicketAnswer>(`/tickets/${second.id}`)).assigneeId).toBeNull();
	await step(() => bert.send("PUT", "/me/availability", { availability: "online" }));
	await follows(async () => expect((await owner.read<TicketAnswer>(`/tickets/${second.id}`)).assigneeId).toBe(bert.id));

	// The customer writes again, and Bert solves it in time.
	await stage.at("2026-11-30T10:00:00.000Z");
	await step(() => customer.send("POST", `${route}/messages`, { body: "Warm on the left, cold on the right." }));
	const next = await promised("next_response");
	expect(next.state).toBe("active");
	expectAbout(next.dueAt, "2026-11-30T12:00:00.000Z");
	await stage.at("2026-11-30T10:30:00.000Z");
	await step(() => bert.send("POST", `${route}/messages`, { body: "The right valve is open now.", status: "solved" }));
	expect(await ticket()).toMatchObject({
		status: "solved",
		escalationLevel: 0,
		sla: { metrics: { next_response: { breached: false }, resolution: { state: "fulfilled", breached: false } } },
	});

	// Asked and answered, without signing in.
	const { surveyUrl } = await owner.read<{ surveyUrl: string }>(`${route}/csat`);
	const token = surveyUrl.split("/").at(-1);
	await step(() => new Person(client, "", "").send("POST", `/csat/${token}`, { rating: 5, comment: "Warm at last." }));
	expect((await ticket()).csat).toMatchObject({ rating: 5, comment: "Warm at last." });

	// Closed by itself after four days, and continued where the customer writes once more.
	await step(() => stage.at("2026-12-04T10:31:00.000Z"));
	await follows(async () => expect((await ticket()).status).toBe("closed"));
	await expect(owner.send("PATCH", route, { priority: "high" })).rejects.toBeInstanceOf(Refused);
	const { status, body: more } = await step(() =>
		customer.send<{ ticketId: string; followUp: boolean }>("POST", `${route}/messages`, { body: "It is cold again." }),
	);
	expect([status, more.followUp]).toEqual([201, true]);
	expect(await owner.read<TicketAnswer>(`/tickets/${more.ticketId}`)).toMatchObject({
		followUpOfId: opened.id,
		status: expect.stringMatching(/^(new|open)$/),
		sla: { metrics: { first_response: { state: "active" } } },
	});

	// What was stored is what its history gives, and the numbers agree.
	const { metrics } = await owner.read<{ metrics: Record<string, Promised> }>(`${route}/sla`);
	expect(metrics).toEqual((await ticket()).sla?.metrics);
	await follows(async () => {
		const csat = await owner.read<{ responses: number; avg: number }>("/dashboard/csat");
		expect(csat).toMatchObject({ responses: 1, avg: 5 });
	});
}
