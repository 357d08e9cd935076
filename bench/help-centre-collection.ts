// Makes a judged collection of a help centre in Markdown: node bench/help-centre-collection.ts FOLDER OUT
// FOLDER has a folder for each language with the same paths in each. Nobody judged these articles by hand; but whoever
// wrote one that links to another said in the link's words what the other is about. Those words are the queries and the
// article behind the link the answer (known-item search by anchor text). Words that stand for many articles are left out.
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

interface Page {
	id: string;
	/** as a link names it, such as `/general/how-it-works` */
	url: string;
	locale: string;
	title: string;
	text: string;
}

const LINK = /(?<!!)\[([^\][]{3,120})\]\(([^()\s]+)\)/g;

/** Links with the same words that lead to more articles than this say nothing of what they lead to. */
const MAX_TARGETS = 2;

async function pagesOf(folder: string, locale: string): Promise<Page[]> {
	const root = path.join(folder, locale);
	const names = await readdir(root, { recursive: true });
	const pages: Page[] = [];
	for (const name of names.filter((one) => /\.mdx?$/.test(one)).sort()) {
		const source = await readFile(path.join(root, name), "utf8");
		const [, front = "", text = source] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n([\s\S]*)$/.exec(source) ?? [];
		const title = /^title:\s*["']?(.*?)["']?\s*$/m.exec(front)?.[1] ?? path.basename(name, path.extname(name));
		const url = `/${name.replace(/(\/?index)?\.mdx?$/, "")}`;
		pages.push({ id: `${locale}${url}`, url, locale, title, text });
	}
	return pages;
}

/** The article a link leads to. Relative ones are meant from the page, with or without a slash at its end. */
function targetOf(link: string, from: Page, byUrl: ReadonlyMap<string, Page>): Page | undefined {
	if (/^([a-z]+:|#)/i.test(link)) return undefined;
	const bare = link.replace(/[?#].*$/, "").replace(/\.mdx?$/, "");
	const bases = [`http://help${from.url}`, `http://help${from.url}/`];
	const urls = bases.map((base) => new URL(bare, base).pathname.replace(/\/$/, ""));
	return urls.map((url) => byUrl.get(url)).find((page) => page !== undefined && page !== from);
}

/** The words of links, without Markdown, each with the articles they lead to. */
function anchorsOf(pages: readonly Page[]): Map<string, Set<string>> {
	const byUrl = new Map(pages.map((page) => [page.url, page]));
	const anchors = new Map<string, Set<string>>();
	for (const page of pages)
		for (const [, words = "", link = ""] of page.text.matchAll(LINK)) {
			const target = targetOf(link, page, byUrl);
			const text = words.replace(/[*_`]/g, "").replace(/\s+/g, " ").trim().toLowerCase();
			if (!target || text.length < 3) continue;
			anchors.set(text, (anchors.get(text) ?? new Set()).add(target.id));
		}
	for (const [text, targets] of anchors) if (targets.size > MAX_TARGETS) anchors.delete(text);
	return anchors;
}

async function run(folder: string, out: string): Promise<void> {
	const corpus: string[] = [];
	const queries: string[] = [];
	const judgements = ["query-id\tcorpus-id\tscore"];
	for (const entry of await readdir(folder, { withFileTypes: true })) {
		if (!entry.isDirectory()) continue;
		const locale = entry.name;
		const pages = await pagesOf(folder, locale);
		for (const { id, title, text } of pages) corpus.push(JSON.stringify({ _id: id, title, text, locale }));
		for (const [text, targets] of anchorsOf(pages)) {
			const id = `${locale}-${queries.length + 1}`;
			queries.push(JSON.stringify({ _id: id, text, locale }));
			for (const target of targets) judgements.push(`${id}\t${target}\t1`);
		}
	}
	await mkdir(out, { recursive: true });
	await writeFile(path.join(out, "corpus.jsonl"), `${corpus.join("\n")}\n`);
	await writeFile(path.join(out, "queries.jsonl"), `${queries.join("\n")}\n`);
	await writeFile(path.join(out, "qrels.tsv"), `${judgements.join("\n")}\n`);
	console.log(`${corpus.length} documents, ${queries.length} queries`);
}

const [folder, out] = process.argv.slice(2);
if (folder === undefined || out === undefined) {
	console.error("usage: node bench/help-centre-collection.ts FOLDER OUT");
	process.exit(2);
}
await run(folder, out);
