import fc from "fast-check";
import { parseFragment, serialize } from "parse5";
import { render } from "../../../services/knowledge-base/text/render.ts";
import { sanitizeArticle } from "../../../services/knowledge-base/text/sanitize.ts";
import { readArticle } from "./allow-list.ts";
import { CORPUS, PAYLOADS } from "./xss-corpus.ts";

test("the corpus is what it says: many, each once", () => {
	expect(new Set(PAYLOADS).size).toBe(PAYLOADS.length);
	expect(PAYLOADS.length).toBeGreaterThanOrEqual(220);
});

const SURROUNDINGS: Record<string, (payload: string) => string> = {
	alone: (payload) => payload,
	"in a paragraph": (payload) => `before ${payload} after`,
	"in a list": (payload) => `- a\n- ${payload.replaceAll("\n", "\n  ")}\n`,
	"in a quote": (payload) => `> ${payload.replaceAll("\n", "\n> ")}`,
	"in a table": (payload) => `|a|\n|-|\n|${payload.replaceAll("\n", " ")}|`,
	"in a heading": (payload) => `## ${payload.replaceAll("\n", " ")}`,
	"as the text of a link": (payload) => `[${payload}](https://a.invalid)`,
	"as a title": (payload) => `[a](https://a.invalid "${payload}")`,
	"twice, with emphasis": (payload) => `**${payload}** _${payload}_ ~~${payload}~~`,
};

describe.each(Object.entries(CORPUS))("%s", (_way, payloads) => {
	test.each(Object.entries(SURROUNDINGS))("%s: renders to what is allowed, and loads nothing", (_where, surround) => {
		for (const payload of payloads) {
			const { wrong, images } = readArticle(render(surround(payload)).bodyHtml);
			expect({ payload, wrong, images }).toEqual({ payload, wrong: [], images: [] });
		}
	});

	test("and were it not escaped, the allow-list would still hold", () => {
		for (const payload of payloads)
			expect({ payload, wrong: readArticle(sanitizeArticle(payload)).wrong }).toEqual({ payload, wrong: [] });
	});

	test("and nothing changes its meaning when a browser writes what it read, and reads it again", () => {
		for (const payload of payloads) {
			const { bodyHtml } = render(payload);
			expect(sanitizeArticle(bodyHtml)).toBe(bodyHtml);
			for (const html of [bodyHtml, sanitizeArticle(payload)]) {
				const once = serialize(parseFragment(html));
				const twice = serialize(parseFragment(once));
				expect({ payload, twice, wrong: readArticle(twice).wrong }).toEqual({ payload, twice: once, wrong: [] });
			}
		}
	});
});

test("no link of the corpus leads anywhere but to the web, a mailbox, a telephone or an attachment", () => {
	const links = PAYLOADS.flatMap((payload) => readArticle(render(payload).bodyHtml).links);
	expect(links.length).toBeGreaterThan(10);
	for (const link of links)
		expect(new URL(link, "https://desk.invalid").protocol).toMatch(/^(https?|mailto|tel|attachment):$/);
});

/** Pieces of HTML and Markdown, put together at random. */
const PIECES = fc.oneof(
	fc.constantFrom(
		"<",
		">",
		"</",
		"/>",
		"<!--",
		"-->",
		"<![CDATA[",
		"]]>",
		"<?",
		"'",
		'"',
		"`",
		"=",
		" ",
		"\n",
		"\t",
		"\0",
	),
	fc.constantFrom(
		"a",
		"img",
		"svg",
		"math",
		"style",
		"script",
		"table",
		"td",
		"form",
		"title",
		"noscript",
		"h1",
		"code",
	),
	fc.constantFrom(" href=", " src=", " id=h-", " class=lang-", " onclick=", " style=", " title=", "alert(1)", "x:y"),
	fc.constantFrom("javascript:", "data:", "//evil.invalid", "https://", "&colon;", "&#106;", "&Tab;", "&", ";", "%0a"),
	fc.constantFrom("[", "](", ")", "![", "]: ", "](<", "```", "~~", "**", "# ", "- [ ] ", "|", "|-|\n", "> ", "\\"),
	fc.constantFrom(...PAYLOADS),
);
const FRAGMENTS = fc.array(PIECES, { maxLength: 25 }).map((pieces) => pieces.join(""));

test("whatever is put together of pieces of HTML and Markdown renders to what is allowed", () => {
	fc.assert(
		fc.property(FRAGMENTS, (fragment) => {
			expect(readArticle(render(fragment).bodyHtml).wrong).toEqual([]);
			expect(readArticle(sanitizeArticle(fragment)).wrong.filter((finding) => finding !== "an id twice")).toEqual([]);
		}),
		{ seed: 6, numRuns: 1_500 },
	);
});
