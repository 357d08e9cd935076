import { type Api, apiOf } from "./api-client.ts";
import { each } from "./each.ts";

/** An article of the help centre as it is there. */
export interface ThereArticle {
	id: string;
	title: string;
	visibility: "public" | "customers" | "agents";
	availableLocales: string[];
	viewCount: number;
	helpfulCount: number;
	notHelpfulCount: number;
}

const READERS = 36;
const TOKEN_NAME = "demo reader";

const PRAISE = ["That was it, thank you!", "Clear and short.", "Solved in two minutes.", "The table is what I needed."];
const BLAME = [
	"A picture would help.",
	"Did not work with my router.",
	"Too short for a beginner.",
	"Prices are missing.",
];

/** A number below `sides` for an article and a reader, the same in every run. */
function dice(article: number, reader: number, sides: number): number {
	const mixed = Math.imul(article * 31 + 7, 0x9e3779b1) ^ Math.imul(reader * 17 + 3, 0x85ebca6b);
	return ((mixed ^ (mixed >>> 15)) >>> 0) % sides;
}

/** What a reader thinks: some articles help nearly everybody, some two of three. */
function opinion(article: number, reader: number) {
	const helpful = dice(article, reader, 100) < 65 + dice(article, 0, 33);
	const words = helpful ? PRAISE : BLAME;
	const comment = dice(article, reader, 4) === 0 ? { comment: words[dice(article, reader, words.length)] } : {};
	return { value: helpful ? "helpful" : "not_helpful", ...comment };
}

/** The language a reader reads in. */
const localeOf = (reader: number) => (reader % 3 === 0 ? "de" : "en");

/** A customer reads an article; about one of three votes. */
async function customerReads(reader: Api, article: ThereArticle, index: number, who: number): Promise<void> {
	const route = `/knowledge-base/articles/${article.id}`;
	const query = `?locale=${localeOf(who)}`;
	await reader.request("GET", route + query);
	if (dice(index, who + 50, 3) === 0) await reader.request("POST", `${route}/rate${query}`, opinion(index, who));
}

/** Sends one request of somebody who has not signed in. Waits where the help centre is asked too much. */
async function visit(url: string, program: string, body?: unknown): Promise<void> {
	for (;;) {
		const response = await fetch(url, {
			method: body === undefined ? "GET" : "POST",
			headers: { "user-agent": program, ...(body === undefined ? {} : { "content-type": "application/json" }) },
			...(body === undefined ? {} : { body: JSON.stringify(body) }),
		});
		const text = await response.text();
		if (response.ok) return;
		if (response.status !== 429) throw new Error(`${url} answered ${response.status}: ${text}`);
		await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get("retry-after") ?? 1) * 1000));
	}
}

/** A visitor reads an article in the help centre; every other votes. */
async function visitorReads(help: string, article: ThereArticle, index: number, who: number): Promise<void> {
	const version = 100 + who;
	const program = `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`;
	const url = `${help}/articles/${article.id}`;
	await visit(`${url}?locale=${localeOf(who)}`, program);
	if (who % 2 === 0) await visit(`${url}/rate?locale=${localeOf(who)}`, program, opinion(index, who + 100));
}

/** Lets the shop's customers and visitors of its help centre read the articles that nobody has read yet, and vote. */
export async function readArticles(
	api: Api,
	base: string,
	articles: readonly ThereArticle[],
	customers: readonly { id: string }[],
): Promise<void> {
	const { slug } = (await api.request<{ tenant: { slug: string } }>("GET", "/me")).body.tenant;
	const isNew = ({ visibility, viewCount, helpfulCount, notHelpfulCount }: ThereArticle) =>
		visibility !== "agents" && viewCount + helpfulCount + notHelpfulCount === 0;
	if (!articles.some(isNew)) return;
	const readers = customers.slice(0, READERS);
	const tokens = await each("readers", readers.length, async (index) => {
		const wanted = { name: TOKEN_NAME, customerId: readers[index]?.id };
		return (await api.request<{ id: string; token: string }>("POST", "/tokens", wanted)).body;
	});
	try {
		await each("reading", articles.length, async (index) => {
			const article = articles[index] as ThereArticle;
			if (!isNew(article)) return;
			const reads = 6 + dice(index, 1, 20);
			for (let k = 0; k < reads; k++) {
				const who = (index * 11 + k) % tokens.length;
				await customerReads(apiOf(base, tokens[who]?.token ?? ""), article, index, who);
			}
			if (article.visibility !== "public") return;
			const visits = 2 + dice(index, 2, 5);
			for (let who = 0; who < visits; who++) await visitorReads(`${base}/api/help/${slug}`, article, index, who);
		});
	} finally {
		for (const { id } of tokens) await api.request("DELETE", `/tokens/${id}`);
	}
}
