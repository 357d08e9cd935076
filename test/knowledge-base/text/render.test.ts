import fc from "fast-check";
import { render } from "../../../services/knowledge-base/text/render.ts";
import { readArticle } from "./allow-list.ts";

const html = (markdown: string): string => render(markdown).bodyHtml.trim();

test.each([
	["emphasis", "*a* **b** `c`", "<p><em>a</em> <strong>b</strong> <code>c</code></p>"],
	["a line break in a paragraph is none", "a\nb", "<p>a\nb</p>"],
	["a hard line break", "a  \nb", "<p>a<br />\nb</p>"],
	["one tilde, two tildes", "~a~ ~~b~~", "<p><del>a</del> <del>b</del></p>"],
	["three tildes are none", "~~~a~~~ b".replace(/^/, "x "), "<p>x ~~~a~~~ b</p>"],
	["one tilde does not close two", "~~a~", "<p>~~a~</p>"],
	["strikethrough around emphasis", "~~*a* b~~", "<p><del><em>a</em> b</del></p>"],
	["HTML is text", "<b onclick=x>a</b>", "<p>&lt;b onclick=x&gt;a&lt;/b&gt;</p>"],
	["an HTML block is text", "<div>\na\n</div>", "<p>&lt;div&gt;\na\n&lt;/div&gt;</p>"],
	["the language of code", "```js title\n1 < 2\n```", '<pre><code class="lang-js">1 &lt; 2\n</code></pre>'],
	["a language with odd characters", '```"><b\nx\n```', "<pre><code>x\n</code></pre>"],
	["a language in other letters", "```föö\nx\n```", '<pre><code class="lang-föö">x\n</code></pre>'],
	["a link to nowhere", "[a]()", '<p><a href="">a</a></p>'],
	["an ordered list that starts later", "7. a", '<ol start="7">\n<li>a</li>\n</ol>'],
	["a relative link", "[a](../b#c)", '<p><a href="../b#c">a</a></p>'],
	["a link with a title", '[a](/b "c")', '<p><a href="/b" title="c">a</a></p>'],
	["mail and telephone", "[a](mailto:a@b.c) [b](tel:+1)", '<p><a href="mailto:a@b.c">a</a> <a href="tel:+1">b</a></p>'],
	["an attachment", "[a](attachment:1)", '<p><a href="attachment:1">a</a></p>'],
	["a picture", '![a *b*](/c.png "d")', '<p><img src="/c.png" alt="a b" title="d" /></p>'],
	["a picture that is an attachment", "![a](attachment:1)", '<p><img src="attachment:1" alt="a" /></p>'],
	["a picture that is refused is its text", "![a *b*](data:image/png;base64,AA==)", "<p>a b</p>"],
	["a link that is refused is its text", "[a *b*](javascript:alert(1)) c", "<p>a <em>b</em> c</p>"],
	["a refused picture in a link", "[![a](data:x)](/b)", '<p><a href="/b">a</a></p>'],
	["a picture in a refused link", "[![a](/b)](vbscript:x)", '<p><img src="/b" alt="a" /></p>'],
	["a link that leads elsewhere without saying so", "[a](//evil.example)", "<p>a</p>"],
	["no link without a scheme or www", "readme.md", "<p>readme.md</p>"],
])("%s", (_name, markdown, expected) => {
	expect(html(markdown)).toBe(expected);
});

const REL = 'rel="nofollow noopener noreferrer"';
test.each([
	["https://a.example/b", `<p><a href="https://a.example/b" ${REL}>https://a.example/b</a></p>`],
	["<https://a.example>", `<p><a href="https://a.example" ${REL}>https://a.example</a></p>`],
	["www.a.example.", `<p><a href="http://www.a.example" ${REL}>www.a.example</a>.</p>`],
	["a@b.example", '<p><a href="mailto:a@b.example">a@b.example</a></p>'],
	["[a](HTTP://b.example)", `<p><a href="HTTP://b.example" ${REL}>a</a></p>`],
])("%s becomes a link, and search engines and the other site learn nothing of it", (markdown, expected) => {
	expect(html(markdown)).toBe(expected);
});

test("tables are aligned by attribute", () => {
	expect(html("|a|b|c|\n|:-|:-:|-|\n|1|2|3|").replaceAll("\n", "")).toBe(
		'<table><thead><tr><th align="left">a</th><th align="center">b</th><th>c</th></tr></thead>' +
			'<tbody><tr><td align="left">1</td><td align="center">2</td><td>3</td></tr></tbody></table>',
	);
});

test("task lists show boxes that cannot be ticked; a marker alone, or later in the text, is none", () => {
	expect(html("- [ ] a\n- [X] *b*\n- c [x]\n- [x]").replaceAll("\n", "")).toBe(
		'<ul><li class="task-list-item"><input type="checkbox" disabled /> a</li>' +
			'<li class="task-list-item"><input type="checkbox" disabled checked /> <em>b</em></li>' +
			"<li>c [x]</li><li>[x]</li></ul>",
	);
});

test("headings have anchors, each of its own, in the letters of their language", () => {
	const { headings, bodyHtml } = render(
		"# Set *up*\n## Set up\n### set-up-2\n#### 設定 の仕方\n## Über uns\n## !?\n## `a()`",
	);
	expect(headings).toEqual([
		{ level: 1, text: "Set up", anchor: "h-set-up" },
		{ level: 2, text: "Set up", anchor: "h-set-up-2" },
		{ level: 3, text: "set-up-2", anchor: "h-set-up-2-2" },
		{ level: 4, text: "設定 の仕方", anchor: "h-設定-の仕方" },
		{ level: 2, text: "Über uns", anchor: "h-über-uns" },
		{ level: 2, text: "!?", anchor: "h-section" },
		{ level: 2, text: "a()", anchor: "h-a" },
	]);
	expect(readArticle(bodyHtml).ids).toEqual(headings.map(({ anchor }) => anchor));
});

test("a link within the article leads to its heading, however it is written", () => {
	expect(readArticle(html("[a](#über-uns) [b](#h-über-uns) [c](#nowhere)\n\n# Über uns")).links.map(decodeURI)).toEqual(
		["#h-über-uns", "#h-über-uns", "#nowhere"],
	);
});

test("the text is found by sections: what comes before the first heading has none", () => {
	const { sections, plainText } = render(
		"Before *it*.\n\n# One\n\ntext ![pic](/x) [link](/y)\nmore\n\n|a|b|\n|-|-|\n|c|d|\n\n```\ncode\n```\n\n# Two\n- [x] e\n> # Three\n> f",
	);
	expect(sections).toEqual([
		{ heading: null, anchor: null, text: "Before it." },
		{ heading: "One", anchor: "h-one", text: "text pic link more\na\tb\nc\td\ncode" },
		{ heading: "Two", anchor: "h-two", text: "e" },
		{ heading: "Three", anchor: "h-three", text: "f" },
	]);
	expect(plainText).toBe("Before it.\nOne\ntext pic link more\na\tb\nc\td\ncode\nTwo\ne\nThree\nf");
});

test("nothing comes of nothing", () => {
	expect(render("")).toEqual({ bodyHtml: "", headings: [], plainText: "", sections: [] });
});

const MARKDOWN = fc
	.array(
		fc.oneof(
			fc.constantFrom(
				"# ",
				"## ",
				"- ",
				"1. ",
				"> ",
				"\n",
				"\n\n",
				"    ",
				"```",
				"~~~",
				"|",
				"|-|-|\n",
				"***",
				"[x] ",
			),
			fc.constantFrom(
				"*",
				"**",
				"_",
				"~",
				"~~",
				"`",
				"[",
				"](",
				")",
				"![",
				"](/a)",
				"<",
				">",
				"&",
				"&#",
				";",
				"\\",
				'"',
			),
			fc.constantFrom(
				"word",
				"Ünï",
				"日本",
				"😀",
				"\u0000",
				"\ud800",
				"www.",
				"http://a.b",
				"a@b.c",
				"#h-x",
				"[a]: /b\n",
			),
			fc.string({ maxLength: 5 }),
		),
		{ maxLength: 60 },
	)
	.map((parts) => parts.join(""));

test("whatever is written renders, to what is allowed, always to the same", () => {
	fc.assert(
		fc.property(MARKDOWN, (markdown) => {
			const rendered = render(markdown);
			expect(readArticle(rendered.bodyHtml).wrong).toEqual([]);
			expect(render(markdown)).toEqual(rendered);
			expect(readArticle(rendered.bodyHtml).ids).toEqual(rendered.headings.map(({ anchor }) => anchor));
			expect(rendered.sections.filter(({ heading }) => heading !== null)).toHaveLength(rendered.headings.length);
		}),
		{ seed: 6, numRuns: 1_000 },
	);
});

const KIB = 1_024;
const full = (unit: string, size = 64 * KIB): string => unit.repeat(Math.ceil(size / unit.length)).slice(0, size);

test.each([
	["prose of 512 KB", full("Some *words* and a [link](http://a.example/b).\n\n", 512 * KIB)],
	["512 KB of emphasis in emphasis", `${"*a ".repeat(80_000)}${" a*".repeat(80_000)}`],
	["quotes in quotes", full("> ")],
	["lists in lists", full("- ")],
	["brackets", full("[")],
	["pictures in pictures", `${"![".repeat(12_000)}${"](x)".repeat(12_000)}`],
	["links in links", `${"[".repeat(12_000)}${"](x)".repeat(12_000)}`],
	["emphasis in emphasis", `${"*a ".repeat(12_000)}${" a*".repeat(12_000)}`],
	["asterisks", full("a**b*")],
	["underscores", full("__a_ ")],
	["tildes", full("~~a~")],
	["backticks of all lengths", Array.from({ length: 350 }, (_, n) => `${"`".repeat(n)}a`).join("")],
	["a wide table", `${"|a".repeat(10_000)}|\n${"|-".repeat(10_000)}|\n${full("|b")}`],
	["rows that are shorter than a wide table", `${"|a".repeat(2_000)}|\n${"|-".repeat(2_000)}|\n${full("|\n")}`],
	["the same heading", full("# a\n")],
	["link references", Array.from({ length: 6_000 }, (_, n) => `[a${n}]: /b\n`).join("")],
	["link titles that do not end", full('[a](b "')],
	["autolinks", full("http://a.b ")],
	["what looks like addresses", full("a.b@c.")],
	["entities", full("&amp")],
	["tags that do not end", full("<a ")],
])("%s: renders in seconds, and not deep", (_name, markdown) => {
	const started = process.cpuUsage();
	const { bodyHtml } = render(markdown);
	expect(process.cpuUsage(started).user).toBeLessThan(15_000_000);
	let depth = 0;
	let deepest = 0;
	for (const [tag] of bodyHtml.matchAll(/<\/?[a-z][^>]*>/g)) {
		if (tag.startsWith("</")) depth -= 1;
		else if (!tag.endsWith("/>")) depth += 1;
		deepest = Math.max(deepest, depth);
	}
	expect(deepest).toBeLessThan(100);
});
