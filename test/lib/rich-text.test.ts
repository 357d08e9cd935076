import { renderHtml, type TextFormat } from "../../lib/rich-text.ts";

test("Markdown, plain text and HTML come out as people meant them", () => {
	expect(renderHtml("# Hi\n\n* **a**\n* [b](https://c.example)", "markdown")).toBe(
		'<h1>Hi</h1>\n<ul>\n<li><strong>a</strong></li>\n<li><a href="https://c.example" rel="noopener noreferrer nofollow">b</a></li>\n</ul>\n',
	);
	expect(renderHtml("a < b & 'c'\r\nd", "text")).toBe("<p>a &lt; b &amp; &#39;c&#39;<br />d</p>");
	expect(renderHtml('<table><tr><td colspan="2">a</td></tr></table>', "html")).toBe(
		'<table><tr><td colspan="2">a</td></tr></table>',
	);
});

const HOSTILE = [
	"<script>alert(1)</script>",
	"<img src=x onerror=alert(1)>",
	'<a href="javascript:alert(1)">x</a>',
	'<a href="JaVaScRiPt&colon;alert(1)">x</a>',
	'<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
	'<svg onload="alert(1)"><script>alert(1)</script></svg>',
	'<iframe src="https://evil.example"></iframe>',
	'<form action="https://evil.example"><input></form>',
	'<div style="background:url(javascript:alert(1))" onmouseover="x()">x</div>',
	'<math><mtext><table><mglyph><style><img src=x onerror="alert(1)">',
	'<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
	"[x](javascript:alert(1))",
	"![x](javascript:alert(1))",
	"<scr<script>ipt>alert(1)</scr</script>ipt>",
	'<meta http-equiv="refresh" content="0;url=https://evil.example">',
	"<base href='https://evil.example/'>",
	"<p>\u0000<script\u0000>alert(1)</script></p>",
];

test.each(
	HOSTILE.flatMap((text) => (["markdown", "text", "html"] as TextFormat[]).map((format) => [text, format] as const)),
)("%j as %s can do no harm", (text, format) => {
	const html = renderHtml(text, format);
	const tags = html.match(/<[^>]*>/g) ?? [];
	for (const tag of tags) {
		expect(tag).not.toMatch(/<\s*\/?\s*(script|style|iframe|form|input|svg|math|meta|base|object|embed|noscript)\b/i);
		expect(tag).not.toMatch(/\son\w+\s*=|\sstyle\s*=|(javascript|data)\s*:/i);
	}
});

test.each(["<div>", ">", "[", "* ", "`", "**a"])("sixty kilobytes of %j neither fail nor take long", (part) => {
	const text = part.repeat(Math.floor(60_000 / part.length));
	const begin = process.cpuUsage();
	for (const format of ["markdown", "text", "html"] as const) expect(typeof renderHtml(text, format)).toBe("string");
	const { user, system } = process.cpuUsage(begin);
	expect((user + system) / 1e6).toBeLessThan(5);
});
