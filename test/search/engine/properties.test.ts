import fc from "fast-check";
import { isProblem } from "../../../lib/problem.ts";
import { Dictionary } from "../../../services/search/engine/dictionary.ts";
import { distance } from "../../../services/search/engine/distance.ts";
import type { SearchDocuments, SearchIndex, SearchScopes } from "../../../services/search/engine/index-types.ts";
import { createAnew } from "../../../services/search/engine/schema.ts";
import { openSearchIndex } from "../../../services/search/engine/search-index.ts";
import { STAFF, TENANT, ticket } from "./documents.ts";

const SETTINGS = { seed: 20260101, numRuns: 25 };

let index: SearchIndex;
beforeEach(() => {
	index = openSearchIndex({ file: ":memory:" });
});
afterEach(() => index.close());

/** Words far from each other, so that no mistake, ending or beginning makes one of another. */
const WORDS = ["orange", "bicycle", "quantum", "jumble", "xylophone", "velvet"];
const word = fc.constantFrom(...WORDS);
const text = fc.array(word, { maxLength: 7 }).map((words) => words.join(" "));
const corpus = fc.array(
	fc.record({
		subject: text,
		message: text,
		note: text,
		audience: fc.subarray(["*", "g:1", "u:1"]),
		status: fc.constantFrom("open", "closed"),
	}),
	{ maxLength: 12 },
);

type Row = { subject: string; message: string; note: string; audience: string[]; status: string };
function documentOf({ subject, message, note, audience, status }: Row, n: number): SearchDocuments["ticket"] {
	return ticket(`t${n}`, {
		number: n + 1000,
		subject,
		publicMessages: [message],
		internalNotes: [note],
		audience,
		status,
	});
}
const everyWord = ({ subject, message, note }: Row) => `${subject} ${message} ${note}`.split(" ");

function fill(rows: Row[]): void {
	index.clear();
	index.put("ticket", rows.map(documentOf));
}
function find(query: string, scope: SearchScopes["ticket"] = STAFF, filters = {}) {
	return index.search({ kind: "ticket", tenantId: TENANT, query, scope, filters, limit: 100, count: true });
}
const sorted = (rows: Row[], fits: (row: Row) => boolean) =>
	rows.flatMap((row, n) => (fits(row) ? [`t${n}`] : [])).sort();
const idsOf = (result: ReturnType<typeof find>) => result.hits.map(({ id }) => id).sort();
const isForAll = (row: Row) => row.audience.includes("*");

describe("hits", () => {
	it("are those that a look at every ticket finds: all words, or where those are few some", () => {
		fc.assert(
			fc.property(corpus, fc.uniqueArray(word, { minLength: 1, maxLength: 3 }), (rows, words) => {
				fill(rows);
				const all = sorted(rows, (row) => isForAll(row) && words.every((one) => everyWord(row).includes(one)));
				const some = sorted(rows, (row) => isForAll(row) && words.some((one) => everyWord(row).includes(one)));
				const result = find(words.join(" "));
				const expected = all.length < 3 && words.length > 1 ? some : all;
				expect(idsOf(result)).toEqual(expected);
				expect(result.total).toBe(expected.length);
				expect(result.relaxed).toBe(expected.length > all.length);
			}),
			SETTINGS,
		);
	});

	it("have the phrase in one text, and not what is not wanted", () => {
		fc.assert(
			fc.property(corpus, fc.array(word, { minLength: 1, maxLength: 3 }), word, (rows, phrase, not) => {
				fill(rows);
				const has = (one: string) => ` ${one} `.includes(` ${phrase.join(" ")} `);
				const fits = (row: Row) => isForAll(row) && [row.subject, row.message, row.note].some(has);
				expect(idsOf(find(`"${phrase.join(" ")}"`))).toEqual(sorted(rows, fits));
				const without = (row: Row) => fits(row) && !everyWord(row).includes(not);
				expect(idsOf(find(`"${phrase.join(" ")}" -${not}`))).toEqual(sorted(rows, without));
			}),
			SETTINGS,
		);
	});

	it("of a scope and filter are those of everybody, less what these leave out", () => {
		fc.assert(
			fc.property(
				corpus,
				word,
				fc.subarray(["g:1", "u:1"]),
				fc.constantFrom("open", "closed"),
				(rows, one, words, status) => {
					fill(rows);
					const scope = { kind: "audience", words } as const;
					const expected = sorted(
						rows,
						(row) =>
							row.audience.some((word) => words.includes(word as "g:1")) &&
							row.status === status &&
							everyWord(row).includes(one),
					);
					const result = find(one, scope, { status: { in: [status] } });
					expect(idsOf(result)).toEqual(expected);
					expect(result.total).toBe(expected.length);
					expect(idsOf(find(`${one} status:${status}`, scope))).toEqual(expected);
					expect(idsOf(find(`${one} -status:${status}`, scope, { status: { ne: "other" } }))).toEqual(
						sorted(
							rows,
							(row) =>
								row.audience.some((word) => words.includes(word as "g:1")) &&
								row.status !== status &&
								everyWord(row).includes(one),
						),
					);
				},
			),
			SETTINGS,
		);
	});

	it("of one caller are the same whatever others have", () => {
		fc.assert(
			fc.property(corpus, corpus, fc.uniqueArray(word, { minLength: 1, maxLength: 3 }), (mine, others, words) => {
				const own = mine.map((row) => ({ ...row, audience: ["u:1"] }));
				const scope = { kind: "audience", words: ["u:1"] } as const;
				const of = (result: ReturnType<typeof find>) => ({ ...result, nextKey: null });
				fill(own);
				const alone = of(find(words.join(" "), scope));
				fill([...own, ...others.map((row) => ({ ...row, audience: ["*"] }))]);
				expect(of(find(words.join(" "), scope))).toEqual(alone);
			}),
			SETTINGS,
		);
	});
});

const plain = (html: string) =>
	html
		.replace(/<\/?mark>/g, "")
		.replaceAll("&lt;", "<")
		.replaceAll("&gt;", ">")
		.replaceAll("&quot;", '"')
		.replaceAll("&#39;", "'")
		.replaceAll("&amp;", "&");

describe("highlights", () => {
	it("are pieces of the text, safe as HTML, at most 160 characters", () => {
		const odd = fc.oneof(
			fc.string({ unit: "binary", maxLength: 60 }),
			fc.string({ unit: "grapheme", maxLength: 60 }),
			fc.constantFrom(
				"<script>",
				"&amp;",
				"'\"",
				"orange",
				"oranges",
				"Orangé",
				"日本語のパスワード",
				"x".repeat(300),
				"</mark>",
			),
		);
		fc.assert(
			fc.property(
				fc.array(odd, { maxLength: 30 }),
				fc.constantFrom("orange", "oran", "ornage", "パスワード", "x"),
				(parts, query) => {
					const message = `${parts.join(" ")} orange ${parts.toReversed().join("")}`;
					index.clear();
					index.put("ticket", [ticket("t", { number: 99_999, publicMessages: [message] })]);
					for (const hit of find(query).hits) {
						for (const html of Object.values(hit.highlights).flat()) {
							expect(html.length).toBeLessThanOrEqual(160);
							expect(html).toContain("<mark>");
							expect(html.replace(/<\/?mark>|&(lt|gt|amp|quot|#39);/g, "")).not.toMatch(/[<>&"']/);
							expect(message.toWellFormed()).toContain(plain(html));
						}
					}
				},
			),
			{ ...SETTINGS, numRuns: 100 },
		);
	});
});

describe("a query", () => {
	it("of any characters finds something or nothing, or is refused with 400", () => {
		fill([{ subject: "orange", message: "velvet", note: "", audience: ["*"], status: "open" }]);
		const piece = fc.oneof(
			fc.string({ unit: "binary", maxLength: 20 }),
			fc.string({ unit: "grapheme", maxLength: 20 }),
			fc.constantFrom(
				'"',
				'""',
				"-",
				"*",
				"AND",
				"OR",
				"NOT",
				"NEAR(",
				")",
				"{a b}:",
				"^orange",
				"keys:",
				"orange*",
				"+",
				":",
				"a:b:c",
			),
			fc.constantFrom(
				"\0",
				"\ud800",
				"\udc00x",
				"😀",
				"‮abc",
				"status:",
				"created>=",
				"created>=2026-13-45",
				"number>x",
				"ﷺ",
				"½",
			),
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 12 }), fc.constantFrom(" ", ""), (pieces, glue) => {
				try {
					find(pieces.join(glue));
				} catch (error) {
					if (!isProblem(error)) throw error;
					expect(error.code).toBe(400);
				}
			}),
			{ ...SETTINGS, numRuns: 300 },
		);
	});

	it.each([
		["", "empty_query"],
		[" \n ", "empty_query"],
		["x".repeat(257), "query_too_long"],
		["a b c d e f g h i j k l m n o p q", "too_many_terms"],
	])("is refused: %j", (query, type) => {
		expect(() => find(query)).toThrow(expect.objectContaining({ code: 400, type }));
	});

	it("of 256 characters and of 16 terms is taken", () => {
		expect(find("😀".repeat(256)).hits).toEqual([]);
		expect(find("a b c d e f g h i j k l m n o p").hits).toEqual([]);
	});
});

describe("spelling", () => {
	const letters = fc.string({ unit: fc.constantFrom(..."abcdefg"), minLength: 3, maxLength: 12 });

	it("knows exactly the words within the distance that begin alike", () => {
		const database = createAnew(":memory:");
		const dictionary = new Dictionary(database);
		let space = 0;
		fc.assert(
			fc.property(fc.uniqueArray(letters, { maxLength: 40 }), letters, (words, query) => {
				space++;
				for (const one of words) dictionary.count(dictionary.idOf(space, one), 0, 1);
				dictionary.flush();
				const max = query.length < 4 ? 0 : query.length < 8 ? 1 : 2;
				const fits = (one: string) => one !== query && one[0] === query[0] && distance(one, query, max) <= max;
				const near = dictionary.near(space, query).map(({ term }) => term);
				expect(near.sort()).toEqual(max === 0 ? [] : words.filter(fits).sort());
			}),
			{ ...SETTINGS, numRuns: 300 },
		);
		database.close();
	});

	it("is not forgiven in ids, addresses and numbers", () => {
		index.put("ticket", [ticket("t", { number: 5, subject: "ab12345 jane@acme.io 123456 v2.10.4" })]);
		for (const query of ["ab12346", "jane@acme.oi", "jnae@acme.io", "123465", "v2.10.5"])
			expect(find(query).hits).toEqual([]);
		for (const query of ["ab12345", "jane@acme.io", "123456", "v2.10.4", "v2.10"])
			expect(find(query).hits).toHaveLength(1);
	});

	it.each([
		["kitten", "sitting", 3],
		["ab", "ba", 1],
		["ca", "abc", 3],
		["", "abc", 3],
		["same", "same", 0],
	])("measures %s to %s", (a, b, expected) => {
		expect(distance(a, b, 5)).toBe(expected);
	});
});
