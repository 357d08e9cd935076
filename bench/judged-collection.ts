import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";

/** Documents, queries, and which documents answer which query, how well. */
export interface JudgedCollection {
	documents: { id: string; title: string; text: string; locale: string }[];
	queries: { id: string; text: string; locale: string }[];
	/** grades by query and document */
	judgements: Map<string, Map<string, number>>;
}

interface Line {
	_id: string;
	title?: string;
	text?: string;
	locale?: string;
}

async function lines(file: string): Promise<string[]> {
	return (await readFile(file, "utf8")).split(/\r?\n/).filter((line) => line.trim() !== "");
}

const objects = async (file: string) => (await lines(file)).map((line) => JSON.parse(line) as Line);

/** One judgement: `query document grade` with a line of names above it, or TREC's `query iteration document grade`. */
function judgement(line: string): [string, string, number] | null {
	const parts = line.trim().split(/\s+/);
	const [query = "", second = "", third = "", fourth] = parts;
	const [document, grade] = fourth === undefined ? [second, Number(third)] : [third, Number(fourth)];
	return Number.isFinite(grade) ? [query, document, grade] : null;
}

/**
 * Reads a collection in the form of BEIR: `corpus.jsonl` (`_id`, `title`, `text`), `queries.jsonl` (`_id`, `text`), and
 * judgements in `qrels/test.tsv`, `qrels.tsv` or, as TREC has them, `qrels.txt`. Every line may name its `locale`
 * (English unless told). Queries nobody judged are left out.
 */
export async function readCollection(folder: string): Promise<JudgedCollection> {
	const file = ["qrels/test.tsv", "qrels.tsv", "qrels.txt"].find((name) => existsSync(path.join(folder, name)));
	if (!file) throw new Error(`there are no judgements in ${folder}`);
	const judgements = new Map<string, Map<string, number>>();
	for (const line of await lines(path.join(folder, file))) {
		const found = judgement(line);
		if (!found) continue;
		const [query, document, grade] = found;
		const grades = judgements.get(query) ?? new Map<string, number>();
		judgements.set(query, grades.set(document, grade));
	}
	const documents = await objects(path.join(folder, "corpus.jsonl"));
	const queries = await objects(path.join(folder, "queries.jsonl"));
	return {
		documents: documents.map(({ _id, title = "", text = "", locale = "en" }) => ({ id: _id, title, text, locale })),
		queries: queries
			.filter(({ _id }) => judgements.has(_id))
			.map(({ _id, text = "", locale = "en" }) => ({ id: _id, text, locale })),
		judgements,
	};
}
