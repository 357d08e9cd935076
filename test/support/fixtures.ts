import { newId } from "../../lib/ids.ts";
import type { Client, DeskTenant } from "./desk.ts";

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

/** The token of the survey about a ticket that is solved. */
async function makeSurvey({ as: { owner } }: DeskTenant, customerId: string): Promise<string> {
	const solved = await make(owner, "/tickets", { subject: "Solved", description: "Hello", customerId });
	await owner("PATCH", `/tickets/${solved}`, { body: { status: "solved" } });
	const { body } = await owner<{ surveyUrl: string }>("GET", `/tickets/${solved}/csat`);
	return body.surveyUrl.split("/").at(-1) ?? "";
}

/** A published article with two versions and a translation. */
async function makeArticle({ as: { owner } }: DeskTenant, n: string): Promise<string> {
	const article = await make(owner, "/knowledge-base/articles", {
		title: `Article ${n}`,
		body: "First.",
		status: "published",
		categoryId: await make(owner, "/knowledge-base/categories", { name: `Category ${n}` }),
	});
	await owner("PUT", `/knowledge-base/articles/${article}`, { body: { body: "Second.", status: "published" } });
	await owner("PUT", `/knowledge-base/articles/${article}/translations/de`, {
		body: { title: `Artikel ${n}`, body: "Erstens.", status: "published" },
	});
	return article;
}

/** The id under which a search, or a question for suggestions, is remembered. */
async function remembered(client: Client, method: string, route: string, key: string, body?: unknown): Promise<string> {
	const answer = await client<Record<string, string>>(method, route, body === undefined ? {} : { body });
	return answer.body[key] ?? "";
}

let counter = 0;

/** Makes a thing when it is first asked for, and only then. */
function once(makeIt: () => Promise<string>): () => Promise<string> {
	let made: Promise<string> | null = null;
	return () => {
		made ??= makeIt();
		return made;
	};
}

/** How to make what a route names: each value of its parameters. */
type Recipe = Record<string, string | (() => Promise<string>)>;

/**
 * How to make one of everything in a tenant, by the prefix of the routes that name it. A route with a parameter that is
 * not here makes its test fail: whoever adds one says how to make what it names.
 */
function recipes(tenant: DeskTenant): Record<string, Recipe> {
	const { owner, supervisor } = tenant.as;
	const n = `${Date.now().toString(36)}${(counter++).toString(36)}`;
	const { agent } = tenant.userIds;
	const company = once(() => make(owner, "/companies", { name: `Company ${n}` }));
	const customer = once(async () =>
		make(owner, "/customers", {
			name: "Cora Customer",
			email: `cora-${n}@fixtures.example`,
			companyId: await company(),
		}),
	);
	const ticketOf = (subject: string) =>
		once(async () =>
			make(supervisor, "/tickets", {
				subject,
				description: "Hello",
				customerId: await customer(),
				groupId: tenant.groupId,
			}),
		);
	const ticket = ticketOf("A fixture");
	const message = (body: object) => async () => make(supervisor, `/tickets/${await ticket()}/messages`, body);
	const article = once(() => makeArticle(tenant, n));
	const macro = once(() =>
		make(owner, "/macros", { name: `Macro ${n}`, actions: [{ type: "add_tags", tags: ["sample"] }] }),
	);
	const of = (route: string, body: object) => ({ id: () => make(owner, route, body) });
	return {
		"/operations/dead-letters/:id": { id: tenant.deadLetter },
		// What is handed over again is gone from here.
		"/operations/dead-letters/:id/replay": { id: tenant.deadLetter },
		"/knowledge-base/suggest/:id": {
			id: async () => {
				await article();
				const body = { subject: `Article ${n}` };
				return remembered(owner, "POST", "/knowledge-base/suggest", "suggestionId", body);
			},
		},
		"/knowledge-base/search/:searchId": {
			searchId: async () => {
				await article();
				return remembered(owner, "GET", `/knowledge-base/search?q=${n}`, "searchId");
			},
		},
		"/knowledge-base/categories/:id": of("/knowledge-base/categories", { name: `Unused ${n}` }),
		"/knowledge-base/articles/:id": { id: article, locale: "de", n: "1", a: "1", b: "2" },
		"/knowledge-base/articles/by-slug/:locale/:slug": {
			locale: "de",
			slug: async () => {
				await article();
				return `artikel-${n}`;
			},
		},
		"/customers/search/:query": { query: "cora" },
		"/tickets/search/:query": { query: "fixture" },
		"/tenants/:id": { id: tenant.id },
		"/customers/:id": { id: customer },
		// Erased by the one call that is let through, and nobody else is then.
		"/customers/:id/erase": of("/customers", { name: "Emil Erased" }),
		"/sagas/:id": { id: () => makeSaga(owner) },
		"/customers/:id/notes/:noteId": {
			id: customer,
			noteId: async () => make(owner, `/customers/${await customer()}/notes`, { body: "A note." }),
		},
		"/companies/:id": { id: company },
		"/custom-fields/:id": of("/custom-fields", {
			target: "customer",
			key: `field_${n}`,
			label: "Field",
			type: "text",
		}),
		"/tickets/:id": { id: ticket, followerId: agent, userId: agent },
		"/views/:id": of("/views", { name: `View ${n}`, filter: { status: "open" } }),
		"/csat/:token": { token: async () => makeSurvey(tenant, await customer()) },
		"/jobs/:id": { id: () => makeJob(owner) },
		"/tickets/:id/messages/:messageId": {
			id: ticket,
			messageId: message({ body: "An internal remark", kind: "internal_note" }),
		},
		"/tickets/:id/messages/:messageId/redact": { id: ticket, messageId: message({ body: "Not meant to be said" }) },
		"/tickets/:id/merge": { id: ticketOf("Merged") },
		"/attachments/:id": { id: () => upload(owner, `remark-${n}.txt`) },
		"/tickets/:id/links/:linkId": { id: ticket, linkId: ticketOf("Another") },
		"/calendars/:id": of("/calendars", {
			name: `Calendar ${n}`,
			timeZone: "Europe/Berlin",
			hours: { mon: [["09:00", "17:00"]] },
		}),
		"/sla-policies/:id": of("/sla-policies", { name: `Policy ${n}` }),
		"/rules/:id": of("/rules", { name: `Rule ${n}`, trigger: "csat.submitted", actions: [{ type: "unassign" }] }),
		"/macros/:id": { id: macro },
		"/tickets/:id/macros/:macroId": { id: ticket, macroId: macro },
		"/notifications/:id": { id: async () => makeNotification(tenant, await customer()) },
		"/tokens/:id": of("/tokens", { name: "fixture", scopes: ["tickets.read"] }),
		"/groups/:id": of("/groups", { name: `Group ${n}` }),
		"/users/:id": of("/users", { name: "Uma User", email: `uma-${n}@fixtures.example`, role: "agent" }),
	};
}

async function follow(recipe: Recipe): Promise<Record<string, string>> {
	const values: Record<string, string> = {};
	for (const [name, value] of Object.entries(recipe)) values[name] = typeof value === "string" ? value : await value();
	return values;
}

/** One of everything in a tenant that path parameters can name, by the prefix of the routes that name it. */
export async function makeFixtures(tenant: DeskTenant): Promise<Fixtures> {
	const fixtures: Fixtures = {};
	for (const [prefix, recipe] of Object.entries(recipes(tenant))) fixtures[prefix] = await follow(recipe);
	return fixtures;
}

/** Makes only what one route names, anew: the values for its parameters, or null where no fixture names them all. */
export async function makeValuesFor(route: string, tenant: DeskTenant): Promise<Record<string, string> | null> {
	if (!route.includes(":")) return {};
	const recipe = namedBy(route, recipes(tenant));
	return recipe && follow(recipe);
}

const normal = (route: string) => route.replace(/^\/customers\/(companies|custom-fields)/, "/$1");

/** What is said of the longest prefix of a route, or null where that does not name all parameters of the route. */
function namedBy<T extends object>(route: string, byPrefix: Record<string, T>): T | null {
	const names = [...route.matchAll(/:(\w+)/g)].map((match) => match[1] as string);
	const prefix = Object.keys(byPrefix)
		.filter((key) => normal(route) === key || normal(route).startsWith(`${key}/`))
		.sort((a, b) => b.length - a.length)[0];
	const found = prefix === undefined ? undefined : byPrefix[prefix];
	return found && names.every((name) => name in found) ? found : null;
}

/** The values for the parameters of a route, or null where no fixture names them all. */
export function valuesFor(route: string, fixtures: Fixtures): Record<string, string> | null {
	return route.includes(":") ? namedBy(route, fixtures) : {};
}
