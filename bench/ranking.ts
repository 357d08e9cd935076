// Asks the public search the queries of a judged collection and prints how good its ranking is:
// node bench/ranking.ts FOLDER [QUERIES], of each language that many at most, spread evenly; all unless told.
// The form of the folder: see judged-collection.ts. `bench/help-centre-collection.ts` makes one of a folder of Markdown.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type JudgedCollection, readCollection } from "./judged-collection.ts";
import { percentile, table } from "./measure.ts";
import { type Server, serve } from "./processes.ts";
import { averagePrecision, mean, ndcg, recall, reciprocalRank } from "./ranking-metrics.ts";

const TOKEN = "demo-token-of-the-benchmark";
const PLATFORM_TOKEN = "platform-token-of-the-benchmark";
/** Nothing that only looks on. */
const SERVICES = "gateway,identity,customers,tickets,knowledge-base,search";
const AT_ONCE = 4;
const DEPTH = 100;
const MAX_QUERY = 256;
const MAX_TERMS = 16;

type Api = <T>(method: string, route: string, body?: unknown) => Promise<T>;

function apiOf(server: Server, token: string): Api {
	return async (method, route, body) => {
		const response = await fetch(`${server.origin}/api${route}`, {
			method,
			headers: {
				authorization: `Bearer ${token}`,
				...(body === undefined ? {} : { "content-type": "application/json" }),
			},
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		if (!response.ok) throw new Error(`${method} ${route} answered ${response.status}: ${text}`);
		return JSON.parse(text);
	};
}

/** Does something with each, a few at a time. */
async function each<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
	let next = 0;
	const worker = async () => {
		while (next < items.length) await work(items[next++] as T);
	};
	await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function unlimited(platform: Api): Promise<void> {
	const { data } = await platform<{ data: { id: string }[] }>("GET", "/tenants");
	const settings = { rateLimit: { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 } };
	for (const { id } of data) await platform("PATCH", `/tenants/${id}`, { settings });
}

/** Publishes the documents as articles. Returns which article is which document. */
async function publish(api: Api, { documents }: JudgedCollection): Promise<Map<string, string>> {
	const documentOf = new Map<string, string>();
	const written = documents.filter(({ title, text }) => (title + text).trim() !== "");
	await each(written, async ({ id, title, text, locale }) => {
		const article = await api<{ id: string }>("POST", "/knowledge-base/articles", {
			title: (title.trim() || text.trim()).slice(0, 255),
			body: text.trim() || title,
			locale,
			status: "published",
			visibility: "public",
		});
		documentOf.set(article.id, id);
	});
	return documentOf;
}

/** The query as a person would have to put it: of plain words, not more than are allowed, and no sign that means something. */
function plainQuery(text: string): string {
	const words = text
		.replace(/["#*:<>=]|(?<!\S)-/g, " ")
		.split(/\s+/)
		.filter(Boolean)
		.slice(0, MAX_TERMS);
	while (words.join(" ").length > MAX_QUERY) words.pop();
	return words.join(" ");
}

interface Measured {
	ndcg10: number;
	map: number;
	mrr: number;
	recall10: number;
	recall100: number;
	ms: number;
}

async function measure(api: Api, collection: JudgedCollection, documentOf: Map<string, string>): Promise<Measured[]> {
	const measured: Measured[] = [];
	await each(collection.queries, async ({ id, text, locale }) => {
		const grades = collection.judgements.get(id) ?? new Map<string, number>();
		const parameters = new URLSearchParams({ q: plainQuery(text), limit: String(DEPTH), locale, fields: "id" });
		const begin = performance.now();
		const { data } = await api<{ data: { id: string }[] }>("GET", `/knowledge-base/search?${parameters}`);
		const ms = performance.now() - begin;
		const found = data.map((hit) => documentOf.get(hit.id) ?? "");
		measured.push({
			ndcg10: ndcg(found, grades, 10),
			map: averagePrecision(found, grades),
			mrr: reciprocalRank(found, grades),
			recall10: recall(found, grades, 10),
			recall100: recall(found, grades, DEPTH),
			ms,
		});
	});
	return measured;
}

function row(name: string, measured: Measured[]): (string | number)[] {
	const average = (key: keyof Measured) => mean(measured.map((one) => one[key])).toFixed(4);
	const times = measured.map(({ ms }) => ms);
	const quality = (["ndcg10", "map", "mrr", "recall10", "recall100"] as const).map(average);
	return [name, measured.length, ...quality, percentile(times, 0.5), percentile(times, 0.95)];
}

/** So many of a list, spread evenly over it. */
function sample<T>(items: readonly T[], count: number): T[] {
	return items.filter(
		(_, at) => Math.floor((at * count) / items.length) !== Math.floor(((at - 1) * count) / items.length),
	);
}

async function run(folder: string, atMost: number): Promise<void> {
	const collection = await readCollection(folder);
	const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-ranking-"));
	const server = await serve("start.ts", { SERVICES, DATA_DIR: dataDir, DEMO_TOKEN: TOKEN, PLATFORM_TOKEN });
	try {
		await unlimited(apiOf(server, PLATFORM_TOKEN));
		const api = apiOf(server, TOKEN);
		const documentOf = await publish(api, collection);
		await api("GET", "/knowledge-base/search?q=ready&consistency=wait");
		const locales = [...new Set(collection.queries.map(({ locale }) => locale))];
		const rows: (string | number)[][] = [];
		for (const locale of locales) {
			const all = collection.queries.filter((query) => query.locale === locale);
			const queries = all.length > atMost ? sample(all, atMost) : all;
			rows.push(row(locale, await measure(api, { ...collection, queries }, documentOf)));
		}
		console.log(`${documentOf.size} documents of ${folder}`);
		const names = ["language", "queries", "nDCG@10", "MAP", "MRR", "recall@10", `recall@${DEPTH}`, "p50 ms", "p95 ms"];
		console.log(table(names, rows));
	} finally {
		await server.stop();
		await rm(dataDir, { recursive: true, force: true });
	}
}

const [folder, atMost = "1000000"] = process.argv.slice(2);
if (folder === undefined) {
	console.error("usage: node bench/ranking.ts FOLDER [QUERIES]");
	process.exit(2);
}
await run(folder, Number(atMost));
