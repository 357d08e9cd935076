import { createHash } from "node:crypto";
import { contracts } from "../../contracts/registry.ts";
import { type Call, callsOf, fill } from "../support/calls.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";
import { valuesFor } from "../support/fixtures.ts";

/*
 * Generated from the contracts: whoever may not GET a thing asks every route that reads, with every word that only this
 * thing holds, and must find no trace of it, neither the thing nor a count nor a fragment of it.
 */

interface Made {
	id: string;
}

/** A thing of a tenant, what to GET it by, and words that stand in it and nowhere else. */
interface Thing {
	id: string;
	route: string;
	words: string[];
}

interface World {
	tenant: DeskTenant;
	cora: string;
	things: Thing[];
	/** words of internal notes, on whichever ticket: never for customers */
	noteWords: string[];
	/** personal data of customers: not for viewers */
	personal: string[];
	groupB: string;
}

async function made(client: Client, route: string, body: unknown): Promise<string> {
	const answer = await client<Made>("POST", route, { body });
	if (answer.status >= 300) throw new Error(`${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body.id;
}

let counter = 0;
/** A word that nothing else holds, too far from every other to be taken for a misspelling of it. */
function word(): string {
	const digest = createHash("sha256").update(`word ${counter++}`).digest();
	return Array.from(digest.subarray(0, 14), (byte) => "abcdefghijklmnopqrstuvwxyz"[byte % 26]).join("");
}

async function populate(desk: Desk): Promise<World> {
	const tenant = await desk.tenant();
	const unlimited = { settings: { rateLimit: { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 } } };
	expect((await desk.platform("PATCH", `/tenants/${tenant.id}`, { body: unlimited })).status).toBe(200);
	const { owner } = tenant.as;
	const things: Thing[] = [];
	const noteWords: string[] = [];
	const personal: string[] = [];
	const groupB = await made(owner, "/groups", { name: "Second line" });
	const customer = async () => {
		const [name, local, remark] = [word(), word(), word()];
		const phone = `+49 30 ${5_000_000 + counter}`;
		const id = await made(owner, "/customers", { name, email: `${local}@people.example`, phone });
		await made(owner, `/customers/${id}/notes`, { body: `Says ${remark}` });
		things.push({ id, route: `/customers/${id}`, words: [local, remark] });
		personal.push(local, phone);
		return id;
	};
	const cora = await customer();
	const dora = await customer();
	const ticket = async (customerId: string, groupId: string) => {
		const [subject, message, note, tag] = [word(), word(), word(), word()];
		const body = { subject, description: `About ${message}`, customerId, groupId, asCustomer: true, tags: [tag] };
		const id = await made(owner, "/tickets", body);
		await made(owner, `/tickets/${id}/messages`, { body: `Remember ${note}`, kind: "internal_note" });
		things.push({ id, route: `/tickets/${id}`, words: [subject, message, tag] });
		noteWords.push(note);
		return id;
	};
	await ticket(cora, tenant.groupId);
	await ticket(dora, tenant.groupId);
	await ticket(cora, groupB);
	await ticket(dora, groupB);
	const solved = await ticket(cora, groupB);
	await owner("PATCH", `/tickets/${solved}`, { body: { status: "solved" } });
	const said = word();
	const survey = await tenant.as.service("POST", `/tickets/${solved}/csat`, { body: { rating: 2, comment: said } });
	expect(survey.status).toBe(200);
	things.find(({ id }) => id === solved)?.words.push(said);
	const kept = word();
	const view = await made(owner, "/views", { name: kept, filter: { tag: kept } });
	things.push({ id: view, route: `/views/${view}`, words: [kept] });
	const deleted = await ticket(cora, tenant.groupId);
	await owner("DELETE", `/tickets/${deleted}`);
	const staffOnly = await made(owner, "/knowledge-base/categories", { name: word(), visibility: "agents" });
	const article = async (fields: object) => {
		const [title, text, tag] = [word(), word(), word()];
		const body = { title, body: `## Part ${text}\n\nRead ${text}.`, tags: [tag], status: "published", ...fields };
		const id = await made(owner, "/knowledge-base/articles", body);
		things.push({ id, route: `/knowledge-base/articles/${id}`, words: [title, text, tag] });
		return id;
	};
	await article({ visibility: "public" });
	await article({ visibility: "customers" });
	await article({ visibility: "agents" });
	await article({ visibility: "public", status: "draft" });
	await article({ visibility: "public", categoryId: staffOnly });
	const archived = await article({ visibility: "public" });
	await owner("POST", `/knowledge-base/articles/${archived}/archive`, { body: {} });
	return { tenant, cora, things, noteWords, personal, groupB };
}

let desk: Desk;
let home: World;
let foreign: World;
let all: World[];

beforeAll(async () => {
	desk = await startDesk();
	[home, foreign] = [await populate(desk), await populate(desk)];
	all = [home, foreign];
	await everythingIsIndexed(home.tenant.as.owner);
	await everythingIsIndexed(foreign.tenant.as.owner);
}, 60_000);
afterAll(() => desk?.stop());

async function everythingIsIndexed(owner: Client): Promise<void> {
	for (const route of ["/tickets/search", "/customers/search", "/knowledge-base/search"])
		expect((await owner("GET", `${route}?q=anything&consistency=wait`)).status).toBe(200);
	for (let asked = 0; asked < 500; asked++) {
		const { body } = await owner<{ lagMs: number }>("GET", "/dashboard/stats");
		if (body.lagMs === 0) return;
		await new Promise((resolve) => setImmediate(resolve));
	}
	throw new Error("the dashboard does not catch up");
}

const READS = callsOf(contracts).filter(
	({ method, contract }) => method === "GET" && contract.access !== "platform" && contract.access !== "public",
);

const WORDS_IN_PATHS = 3;
const SUGGESTED = 8;

/** What a route can be asked, beside nothing at all. */
function questions({ contract, template }: Call, things: readonly Thing[], words: readonly string[]): string[] {
	const names = Object.keys(contract.query?.properties ?? {});
	const filters = template.includes(":")
		? []
		: Object.entries(contract.list?.filters ?? {}).filter(([, field]) => field.type === "id");
	return [
		"",
		...(contract.list ? ["?count=true&limit=100"] : []),
		...(names.includes("q") && !template.includes(":query") ? words.map((one) => `?q=${one}&count=true`) : []),
		...(names.includes("prefix") ? words.map((one) => `?prefix=${one}`) : []),
		...(contract.list?.includes?.length ? [`?include=${contract.list.includes.join(",")}`] : []),
		...filters.flatMap(([name]) => things.map(({ id }) => `?${name}=${id}`)),
	];
}

/** Everything that is asked: each read about each thing, or each word, that its path can name. */
function* requests(calls: readonly Call[], things: readonly Thing[], words: readonly string[]): Generator<string> {
	for (const call of calls) {
		const { template } = call;
		// In the path, the words mean the same as in `q`.
		const paths = template.includes(":query")
			? words.slice(0, WORDS_IN_PATHS).map((query) => fill(template, { query }))
			: template.includes(":id")
				? things
						.filter(({ route }) => template.startsWith(route.slice(0, route.lastIndexOf("/"))))
						.map(({ id }) => fill(template, { id }))
				: valuesFor(template, {}) === null
					? []
					: [template];
		for (const path of paths) for (const query of questions(call, things, words)) yield path + query;
	}
}

/** Things that GET refuses to somebody, of all tenants. */
async function refusedTo(client: Client): Promise<Thing[]> {
	const refused: Thing[] = [];
	for (const { things } of all)
		for (const thing of things) if ((await client("GET", thing.route)).status !== 200) refused.push(thing);
	return refused;
}

const unquoted = (text: string, request: string) =>
	// What the client itself sent may come back in links and cursors.
	decodeURIComponent(request)
		.split(/[?&=/]/)
		.filter((part) => part.length > 6)
		.reduce((rest, part) => rest.replaceAll(part, ""), text);

/** Asks everything and returns each answer that holds what it must not. */
async function leaks(client: Client, secrets: string[], things: Thing[], calls = READS): Promise<string[]> {
	const words = secrets.filter((secret) => /^[a-z]+$/.test(secret));
	const found: string[] = [];
	for (const request of requests(calls, things, words)) {
		const { status, body } = await client<{ data?: unknown[]; page?: { total?: number } }>("GET", request);
		if (status >= 500 || status === 429) found.push(`${request} answered ${status}`);
		if (status >= 300) continue;
		const text = unquoted(JSON.stringify(body), request);
		const secret = secrets.find((one) => text.includes(one));
		if (secret) found.push(`${request} shows ${secret}`);
		const asked = words.some((one) => request.includes(`q=${one}`) || request.includes(`search/${one}`));
		if (asked && ((body.data ?? []).length > 0 || (body.page?.total ?? 0) !== 0))
			found.push(`${request} finds something`);
	}
	for (const one of words.slice(0, SUGGESTED)) {
		const answer = await client<{ data: unknown[] }>("POST", "/knowledge-base/suggest", {
			body: { subject: `${one} ${one}`, body: words.join(" ") },
		});
		if (answer.status === 200) {
			const text = JSON.stringify(answer.body);
			const secret = secrets.find((hidden) => text.includes(hidden));
			if (secret) found.push(`suggestions for ${one} show ${secret}`);
		}
	}
	return found;
}

const of = (things: readonly Thing[]) => things.flatMap(({ id, words }) => [id, ...words]);

test("an agent of one group finds no trace of another's tickets", async () => {
	const client = home.tenant.as.agent;
	const refused = await refusedTo(client);
	expect(
		refused.filter(({ route }) => route.startsWith("/tickets") && home.things.some((t) => t.route === route)),
	).toHaveLength(4);
	expect(await leaks(client, of(refused), refused)).toEqual([]);
}, 60_000);

test("a viewer finds no trace of other groups' tickets, nor of people's addresses and numbers", async () => {
	const client = home.tenant.as.viewer;
	const refused = await refusedTo(client);
	expect(await leaks(client, [...of(refused), ...home.personal], refused)).toEqual([]);
}, 60_000);

test("a customer finds no trace of others' things, of notes, drafts and what is for staff", async () => {
	const client = await home.tenant.customer(home.cora);
	const refused = await refusedTo(client);
	expect(await leaks(client, [...of(refused), ...all.flatMap(({ noteWords }) => noteWords)], refused)).toEqual([]);
}, 60_000);

test("another tenant's owner finds no trace of anything", async () => {
	const { owner } = foreign.tenant.as;
	const secrets = [...of(home.things), ...home.noteWords, ...home.personal, home.tenant.id];
	expect(await leaks(owner, secrets, home.things)).toEqual([]);
}, 60_000);

test("a visitor of the help centre finds what is public and published, and no trace of the rest", async () => {
	const help: Client = (method, route, options) =>
		desk.anonymous(method, route.replace(/^\/knowledge-base/, `/help/${home.tenant.slug}`), options);
	const refused = await refusedTo(help);
	expect(home.things.length - refused.filter((thing) => home.things.includes(thing)).length).toBe(1);
	const calls = READS.filter(({ contract }) => contract.help.length > 0);
	expect(await leaks(help, of(refused), refused, calls)).toEqual([]);
}, 60_000);

test("what the dashboard counts for somebody is what the lists show them", async () => {
	for (const client of [home.tenant.as.agent, home.tenant.as.supervisor, home.tenant.as.owner]) {
		const open = "/tickets?status=new,open,pending,on_hold&limit=1&count=true";
		const { body: listed } = await client<{ page: { total: number } }>("GET", open);
		const { body: counted } = await client<{ now: { backlog: number } }>("GET", "/dashboard/stats");
		expect(counted.now.backlog).toBe(listed.page.total);
	}
});
