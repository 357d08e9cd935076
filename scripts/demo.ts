// Fills the running instance through its public API with the believable business of a small shop: people in groups,
// customers in companies, tickets with threads over the last 90 days, a help centre that is read. The same seed gives the
// same data.
import { faker } from "@faker-js/faker";
import { type Api, connect } from "./api-client.ts";
import { makeArticles } from "./demo-articles.ts";
import { TOPICS, type Topic } from "./demo-topics.ts";
import { each } from "./each.ts";

const SEED = 20_260_101;
const COMPANIES = 30;
const CUSTOMERS = 200;
const TICKETS = 400;
const DAYS = 90;
const DAY_MS = 24 * 3600 * 1000;

const GROUPS = ["Support", "Billing", "Shipping"] as const;
const TEAM = [
	{ name: "Mira Novak", role: "supervisor", groups: GROUPS },
	{ name: "Jonas Keller", role: "agent", groups: ["Support"] },
	{ name: "Amara Diallo", role: "agent", groups: ["Support", "Shipping"] },
	{ name: "Liam O'Connor", role: "agent", groups: ["Billing"] },
	{ name: "Yuki Tanaka", role: "agent", groups: ["Shipping"] },
	{ name: "Elena Petrova", role: "agent", groups: ["Support", "Billing"] },
] as const;

interface Person {
	id: string;
	name: string;
	groups: readonly string[];
}
interface Customer {
	id: string;
	name: string;
	company: string;
}
interface Identified {
	id: string;
}

const pick = <T>(list: readonly T[]): T => faker.helpers.arrayElement(list as T[]);

/** The list's rows that match a filter, for things that an earlier run has made. */
async function existing(api: Api, route: string): Promise<(Identified & { name: string; email?: string })[]> {
	const { body } = await api.request<{ data: (Identified & { name: string; email?: string })[] }>("GET", route);
	return body.data;
}

async function makeGroups(api: Api): Promise<Map<string, string>> {
	const there = await existing(api, "/groups?limit=100");
	const ids = new Map<string, string>();
	for (const name of GROUPS) {
		const found = there.find((group) => group.name === name);
		ids.set(name, found?.id ?? (await api.request<Identified>("POST", "/groups", { name })).body.id);
	}
	return ids;
}

async function makeTeam(api: Api, groups: Map<string, string>): Promise<Person[]> {
	const there = await existing(api, "/users?limit=100");
	return each("people", TEAM.length, async (index) => {
		const { name, role, groups: names } = TEAM[index] as (typeof TEAM)[number];
		const email = `${name.toLowerCase().replace(/[^a-z]+/g, ".")}@demo.example`;
		const groupIds = names.map((group) => groups.get(group));
		const id =
			there.find((user) => user.email === email)?.id ??
			(await api.request<Identified>("POST", "/users", { name, email, role, groupIds })).body.id;
		return { id, name, groups: names };
	});
}

async function makeCompanies(api: Api): Promise<(Identified & { name: string; domain: string })[]> {
	const plans = Array.from({ length: COMPANIES }, () => {
		const name = faker.company.name();
		return { name, domain: `${name.toLowerCase().replace(/[^a-z]+/g, "-")}.example` };
	});
	return each("companies", COMPANIES, async (index) => {
		const plan = plans[index] as (typeof plans)[number];
		const made = await api.request<Identified & { existingId?: string }>(
			"POST",
			"/companies",
			{ name: plan.name, domains: [plan.domain] },
			[409],
		);
		return { ...plan, id: made.body.existingId ?? made.body.id };
	});
}

async function makeCustomers(
	api: Api,
	companies: readonly { id: string; name: string; domain: string }[],
): Promise<Customer[]> {
	const plans = Array.from({ length: CUSTOMERS }, (_, index) => {
		const company = companies[index % companies.length] as (typeof companies)[number];
		const [first, last] = [faker.person.firstName(), faker.person.lastName()];
		const local = `${first}.${last}`.toLowerCase().replace(/[^a-z.]+/g, "");
		return {
			company,
			body: {
				name: `${first} ${last}`,
				email: `${local}${index}@${company.domain}`,
				phone: `+49 30 ${faker.string.numeric(7)}`,
				title: faker.person.jobTitle(),
				companyId: company.id,
				tags: faker.helpers.arrayElements(["vip", "newsletter", "wholesale", "beta"], { min: 0, max: 2 }),
				locale: pick(["en", "en-GB", "de", "fr", "ja"]),
			},
		};
	});
	return each("customers", CUSTOMERS, async (index) => {
		const { company, body } = plans[index] as (typeof plans)[number];
		const made = await api.request<Identified & { existingId?: string }>("POST", "/customers", body, [409]);
		return { id: made.body.existingId ?? made.body.id, name: body.name, company: company.name };
	});
}

interface Step {
	at: Date;
	by: "customer" | "agent" | "note";
	text: string;
	status?: string;
}

interface TicketPlan {
	topic: Topic;
	customer: Customer;
	subject: string;
	opening: string;
	priority: string;
	channel: string;
	createdAt: Date;
	steps: Step[];
}

/** What happens on one ticket after its opening: answers, questions back, notes, and how it ends by its age. */
function planSteps(topic: Topic, createdAt: Date, fill: (text: string) => string): Step[] {
	const steps: Step[] = [];
	let at = createdAt.getTime();
	const later = (hours: number) => {
		at += faker.number.float({ min: 0.2, max: hours }) * 3600 * 1000;
		return new Date(at);
	};
	const rounds = faker.number.int({ min: 0, max: 3 });
	for (let round = 0; round < rounds; round++) {
		if (faker.datatype.boolean(0.25)) steps.push({ at: later(4), by: "note", text: fill(pick(topic.notes)) });
		const ends = round === rounds - 1 && faker.datatype.boolean(0.7);
		const status = ends ? "solved" : pick(["pending", "pending", "open", "on_hold"]);
		steps.push({ at: later(20), by: "agent", text: fill(pick(topic.answers)), status });
		if (!ends || faker.datatype.boolean(0.15))
			steps.push({ at: later(40), by: "customer", text: pick(topic.followUps) });
	}
	return steps;
}

function planTicket(customers: readonly Customer[], now: number): TicketPlan {
	const topic = pick(TOPICS);
	const customer = pick(customers);
	const createdAt = new Date(now - faker.number.float({ min: 0.01, max: DAYS }) * DAY_MS);
	const words: Record<string, string> = {
		name: customer.name.split(" ")[0] ?? customer.name,
		company: customer.company,
		product: faker.commerce.product().toLowerCase(),
		order: `#${faker.string.numeric(6)}`,
		day: faker.date.weekday(),
	};
	const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, word: string) => words[word] ?? word);
	return {
		topic,
		customer,
		subject: fill(pick(topic.subjects)),
		opening: fill(pick(topic.opening)),
		priority: faker.helpers.weightedArrayElement([
			{ weight: 6, value: "normal" },
			{ weight: 2, value: "low" },
			{ weight: 2, value: "high" },
			{ weight: 1, value: "urgent" },
		]),
		channel: pick(["email", "email", "web", "portal", "phone", "chat"]),
		createdAt,
		steps: planSteps(topic, createdAt, fill).filter((step) => step.at.getTime() < now),
	};
}

async function makeTicket(api: Api, plan: TicketPlan, groupId: string, agent: Person): Promise<void> {
	const { body: ticket } = await api.request<Identified>("POST", "/tickets", {
		subject: plan.subject,
		message: { body: plan.opening },
		asCustomer: true,
		customerId: plan.customer.id,
		priority: plan.priority,
		type: plan.topic.type,
		channel: plan.channel,
		tags: plan.topic.tags,
		groupId,
		createdAt: plan.createdAt.toISOString(),
	});
	for (const step of plan.steps) {
		const message = { body: step.text, createdAt: step.at.toISOString() };
		const author = step.by === "customer" ? { asCustomer: true } : { authorId: agent.id };
		const kind = step.by === "note" ? { kind: "internal_note" } : { status: step.status };
		await api.request("POST", `/tickets/${ticket.id}/messages`, {
			...message,
			...author,
			...(step.by === "customer" ? {} : kind),
		});
	}
}

const api = connect();
faker.seed(SEED);
const groups = await makeGroups(api);
const team = await makeTeam(api, groups);
const companies = await makeCompanies(api);
const customers = await makeCustomers(api, companies);
const now = Date.now();
// An earlier run, which may have been stopped, has made the first ones.
const there = (await api.request<{ page: { total: number | object } }>("GET", "/tickets?limit=1&count=true")).body.page
	.total;
const done = Math.min(typeof there === "number" ? there : TICKETS, TICKETS);
const plans = Array.from({ length: TICKETS }, () => planTicket(customers, now)).sort(
	(a, b) => a.createdAt.getTime() - b.createdAt.getTime(),
);
await each("tickets", TICKETS - done, async (index) => {
	const plan = plans[done + index] as TicketPlan;
	const agents = team.filter((person) => person.groups.includes(plan.topic.group));
	const agent = agents[index % agents.length] as Person;
	await makeTicket(api, plan, groups.get(plan.topic.group) ?? "", agent);
});
await makeArticles(api, api.base, team, customers);
console.log(`The demo desk is filled. Look around: ${api.base}/api/docs`);
