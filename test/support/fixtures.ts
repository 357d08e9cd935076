import type { ActionContract, RestAlias } from "../../contracts/contract.ts";
import { newId } from "../../lib/ids.ts";
import type { Client, DeskTenant } from "./desk.ts";
import { sample } from "./sample.ts";

/** The things of one tenant that path parameters can name, each made through the API. */
export type Fixtures = Record<string, Record<string, string>>;

interface Made {
	id: string;
}

async function make(client: Client, route: string, body: unknown): Promise<string> {
	const { status, body: made } = await client<Made>("POST", route, { body });
	if (status >= 300) throw new Error(`${route} answered ${status}: ${JSON.stringify(made)}`);
	return made.id;
}

/** A file that no message has yet. */
async function upload(client: Client, fileName: string): Promise<string> {
	const { status, body } = await client<Made>("POST", `/attachments?fileName=${fileName}`, {
		raw: "A remark",
		headers: { "content-type": "text/plain" },
	});
	if (status !== 201) throw new Error(`/attachments answered ${status}: ${JSON.stringify(body)}`);
	return body.id;
}

/** A notification of somebody: a colleague gives them a ticket. */
async function makeNotification(tenant: DeskTenant, customerId: string): Promise<string> {
	const { owner, supervisor } = tenant.as;
	const body = { subject: "For you", description: "Hello", customerId, assigneeId: tenant.userIds.owner };
	await make(supervisor, "/tickets", body);
	for (let asked = 0; asked < 1000; asked++) {
		const { data } = (await owner<{ data: Made[] }>("GET", "/notifications?unread=true")).body;
		if (data[0]) return data[0].id;
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
	throw new Error("nobody was notified");
}

/** Merges two customers. */
async function makeSaga(client: Client): Promise<string> {
	const survivor = await make(client, "/customers", { name: "Sue Survivor" });
	const loserId = await make(client, "/customers", { name: "Lou Loser" });
	const { body } = await client<{ sagaId?: string; id: string }>("POST", `/customers/${survivor}/merge`, {
		body: { loserId },
	});
	return body.sagaId ?? body.id;
}

/** One that finds nothing of what it is to remove. */
async function makeJob(client: Client): Promise<string> {
	const operations = Array.from({ length: 101 }, () => ({ op: "delete", id: newId() }));
	const { body } = await client<{ jobId: string }>("POST", "/tickets/bulk", { body: { operations } });
	return body.jobId;
}

let counter = 0;

/**
 * One of everything in a tenant, by the prefix of the routes that name it. A route with a parameter that is not here
 * makes its test fail: whoever adds one says how to make what it names.
 */
export async function makeFixtures(tenant: DeskTenant, platformOnly = false): Promise<Fixtures> {
	const { owner, supervisor } = tenant.as;
	const n = `${Date.now().toString(36)}${(counter++).toString(36)}`;
	if (platformOnly) return { "/tenants/:id": { id: tenant.id } };
	const company = await make(owner, "/companies", { name: `Company ${n}` });
	const customer = await make(owner, "/customers", {
		name: "Cora Customer",
		email: `cora-${n}@fixtures.example`,
		companyId: company,
	});
	const toErase = await make(owner, "/customers", { name: "Emil Erased" });
	const note = await make(owner, `/customers/${customer}/notes`, { body: "A note." });
	const field = await make(owner, "/custom-fields", {
		target: "customer",
		key: `field_${n}`,
		label: "Field",
		type: "text",
	});
	const ticket = await make(supervisor, "/tickets", {
		subject: "A fixture",
		description: "Hello",
		customerId: customer,
		groupId: tenant.groupId,
	});
	const other = await make(supervisor, "/tickets", {
		subject: "Another",
		description: "Hello",
		customerId: customer,
		groupId: tenant.groupId,
	});
	const message = await make(supervisor, `/tickets/${ticket}/messages`, {
		body: "An internal remark",
		kind: "internal_note",
	});
	const solved = await make(owner, "/tickets", { subject: "Solved", description: "Hello", customerId: customer });
	await owner("PATCH", `/tickets/${solved}`, { body: { status: "solved" } });
	const survey = (await owner<{ surveyUrl: string }>("GET", `/tickets/${solved}/csat`)).body.surveyUrl;
	const merged = await make(supervisor, "/tickets", { subject: "Merged", description: "Hello", customerId: customer });
	const mistake = await make(supervisor, `/tickets/${ticket}/messages`, { body: "Not meant to be said" });
	const file = await upload(owner, `remark-${n}.txt`);
	const rule = await make(owner, "/rules", {
		name: `Rule ${n}`,
		trigger: "csat.submitted",
		actions: [{ type: "unassign" }],
	});
	const macro = await make(owner, "/macros", { name: `Macro ${n}`, actions: [{ type: "add_tags", tags: ["sample"] }] });
	const notification = await makeNotification(tenant, customer);
	const token = await make(owner, "/tokens", { name: "fixture", scopes: ["tickets.read"] });
	const group = await make(owner, "/groups", { name: `Group ${n}` });
	const user = await make(owner, "/users", { name: "Uma User", email: `uma-${n}@fixtures.example`, role: "agent" });
	const category = await make(owner, "/knowledge-base/categories", { name: `Category ${n}` });
	const article = await make(owner, "/knowledge-base/articles", {
		title: `Article ${n}`,
		body: "First.",
		status: "published",
		categoryId: category,
	});
	await owner("PUT", `/knowledge-base/articles/${article}`, { body: { body: "Second.", status: "published" } });
	await owner("PUT", `/knowledge-base/articles/${article}/translations/de`, {
		body: { title: `Artikel ${n}`, body: "Erstens.", status: "published" },
	});
	const policy = await make(owner, "/sla-policies", { name: `Policy ${n}` });
	const calendar = await make(owner, "/calendars", {
		name: `Calendar ${n}`,
		timeZone: "Europe/Berlin",
		hours: { mon: [["09:00", "17:00"]] },
	});
	const unused = await make(owner, "/knowledge-base/categories", { name: `Unused ${n}` });
	const { suggestionId = "" } = (
		await owner<{ suggestionId?: string }>("POST", "/knowledge-base/suggest", { body: { subject: `Article ${n}` } })
	).body;
	const { searchId = "" } = (await owner<{ searchId?: string }>("GET", `/knowledge-base/search?q=${n}`)).body;
	const [deadLetter, replayed] = [await tenant.deadLetter(), await tenant.deadLetter()];
	return {
		"/operations/dead-letters/:id": { id: deadLetter },
		// What is handed over again is gone from here.
		"/operations/dead-letters/:id/replay": { id: replayed },
		"/knowledge-base/suggest/:id": { id: suggestionId },
		"/knowledge-base/search/:searchId": { searchId },
		"/knowledge-base/categories/:id": { id: unused },
		"/knowledge-base/articles/:id": { id: article, locale: "de", n: "1", a: "1", b: "2" },
		"/knowledge-base/articles/by-slug/:locale/:slug": { locale: "de", slug: `artikel-${n}` },
		"/customers/search/:query": { query: "cora" },
		"/tickets/search/:query": { query: "fixture" },
		"/tenants/:id": { id: tenant.id },
		"/customers/:id": { id: customer },
		// Erased by the one call that is let through, and nobody else is then.
		"/customers/:id/erase": { id: toErase },
		"/sagas/:id": { id: await makeSaga(owner) },
		"/customers/:id/notes/:noteId": { id: customer, noteId: note },
		"/companies/:id": { id: company },
		"/custom-fields/:id": { id: field },
		"/tickets/:id": { id: ticket, followerId: tenant.userIds.agent, userId: tenant.userIds.agent },
		"/views/:id": { id: await make(owner, "/views", { name: `View ${n}`, filter: { status: "open" } }) },
		"/csat/:token": { token: survey.split("/").at(-1) ?? "" },
		"/jobs/:id": { id: await makeJob(owner) },
		"/tickets/:id/messages/:messageId": { id: ticket, messageId: message },
		"/tickets/:id/messages/:messageId/redact": { id: ticket, messageId: mistake },
		"/tickets/:id/merge": { id: merged },
		"/attachments/:id": { id: file },
		"/tickets/:id/links/:linkId": { id: ticket, linkId: other },
		"/calendars/:id": { id: calendar },
		"/sla-policies/:id": { id: policy },
		"/rules/:id": { id: rule },
		"/macros/:id": { id: macro },
		"/tickets/:id/macros/:macroId": { id: ticket, macroId: macro },
		"/notifications/:id": { id: notification },
		"/tokens/:id": { id: token },
		"/groups/:id": { id: group },
		"/users/:id": { id: user },
	};
}

const normal = (route: string) => route.replace(/^\/customers\/(companies|custom-fields)/, "/$1");

/** The values for the parameters of a route, or null where no fixture names them all. */
export function valuesFor(route: string, fixtures: Fixtures): Record<string, string> | null {
	const names = [...route.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
	if (names.length === 0) return {};
	const prefix = Object.keys(fixtures)
		.filter((key) => normal(route) === key || normal(route).startsWith(`${key}/`))
		.sort((a, b) => b.length - a.length)[0];
	const values = prefix === undefined ? undefined : fixtures[prefix];
	return values && names.every((name) => name in values) ? values : null;
}

/** One request that a contract allows. */
export interface Call {
	contract: ActionContract;
	method: string;
	/** with `:parameters` */
	template: string;
}

const callOf = (contract: ActionContract, alias: RestAlias): Call => {
	const [method, template] = alias.split(" ") as [string, string];
	return { contract, method, template };
};

/** Every method and route of the contracts. */
export function callsOf(contracts: readonly ActionContract[]): Call[] {
	return contracts.flatMap((contract) => contract.rest.map((alias) => callOf(contract, alias)));
}

/** Every method and route of the help centre, below where that of the tenant is. */
export function helpCallsOf(contracts: readonly ActionContract[]): Call[] {
	return contracts.flatMap((contract) => contract.help.map((alias) => callOf(contract, alias)));
}

/** Whether the path holds a text to search for, which is nothing that is there or not. */
export const isSearchText = ({ template }: Call) => template.endsWith("/:query");

/** What the query string has to say for a call to make sense: a search that has no text in its path needs one there. */
export function queryFor(call: Call): string {
	return "q" in (call.contract.query?.properties ?? {}) && !isSearchText(call) ? "q=fixture" : "";
}

/** The route with its parameters filled in. */
export function fill(template: string, values: Record<string, string>): string {
	return template.replace(/:(\w+)/g, (_, name: string) => values[name] ?? `missing-${name}`);
}

/** Bodies where a schema alone cannot say what makes sense. */
const BODIES: Record<string, (fixtures: Fixtures) => unknown> = {
	"customers.create": () => sampleCustomer(),
	"tickets.create": (fixtures) => ({
		subject: "Sample",
		description: "Hello",
		customerId: fixtures["/customers/:id"]?.id,
	}),
	"tickets.createCalendar": () => ({ name: "Sample", timeZone: "UTC", hours: { mon: [["09:00", "17:00"]] } }),
	"tickets.computeCalendar": () => ({ calendar: "always", start: "2026-01-01T00:00:00.000Z", seconds: 60 }),
	"tickets.assign": () => ({ assigneeId: null }),
	"tickets.createRule": () => ({ name: "Sample", trigger: "csat.submitted", actions: [{ type: "unassign" }] }),
	"tickets.dryRunRule": (fixtures) => ({ ticketId: fixtures["/tickets/:id"]?.id }),
	"tickets.previewRule": () => ({ conditions: { all: [] } }),
	"tickets.createMacro": () => ({ name: "Sample", actions: [{ type: "add_tags", tags: ["sample"] }] }),
	"tickets.merge": (fixtures) => ({ targetId: fixtures["/tickets/:id"]?.id }),
	"tickets.previewMerge": (fixtures) => ({ targetId: fixtures["/tickets/:id"]?.id }),
	"tickets.split": (fixtures) => ({ messageIds: [fixtures["/tickets/:id/messages/:messageId"]?.messageId] }),
	"knowledge-base.rate": () => ({ value: "helpful" }),
	"knowledge-base.recordClick": (fixtures) => ({ articleId: fixtures["/knowledge-base/articles/:id"]?.id }),
	"tickets.createView": () => ({ name: "Sample", filter: { status: ["open", "new"] }, sort: "-createdAt" }),
	"tickets.updateView": () => ({ name: "Renamed", filter: "assigneeId=me&tag=a&tag=b" }),
	"identity.createToken": () => ({ name: "sample", scopes: ["tickets.read"] }),
};

function sampleCustomer(): unknown {
	return { name: "Sample", email: `sample-${Date.now().toString(36)}-${counter++}@samples.example` };
}

/** A body that the contract accepts, as far as its schema tells. */
export function bodyFor(contract: ActionContract, fixtures: Fixtures): Record<string, unknown> | undefined {
	if (!contract.body) return undefined;
	const special = BODIES[contract.name];
	return (special ? special(fixtures) : sample(contract.body)) as Record<string, unknown>;
}
