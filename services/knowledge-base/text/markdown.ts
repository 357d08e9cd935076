import { createRequire } from "node:module";
import type { MarkdownIt, RendererRule, StateCore } from "markdown-it";
import { lazy } from "../../../lib/lazy.ts";
import { headingAnchors } from "./headings.ts";
import { inlineText } from "./plain-text.ts";
import { strikethrough } from "./strikethrough.ts";
import { taskLists } from "./task-lists.ts";
import { IMAGE_SCHEMES, isAllowedUrl, LINK_SCHEMES } from "./url.ts";

/** Deeper than this no person writes; parsers and browsers are spared the rest. A list in a list takes two. */
const MAX_NESTING = 50;

const load = createRequire(import.meta.url);

/** Columns are aligned by attribute: there are no styles in what comes out. */
function alignByAttribute({ tokens }: StateCore): void {
	for (const token of tokens) {
		const side = /^text-align:(left|right|center)$/.exec(String(token.attrGet("style") ?? ""))?.[1];
		if (side && token.attrs) token.attrs = [["align", side]];
	}
}

/** `www.example.com` is a link, as GitHub Flavored Markdown has it (6.9); `readme.md` and `//host` are none. */
function extendAutolinks(md: MarkdownIt): void {
	md.linkify.set({ fuzzyLink: false, fuzzyEmail: true });
	md.linkify.add("//", null);
	md.linkify.add("ftp:", null);
	md.linkify.add("www.", {
		validate(text, pos, self) {
			const host = self.re.get_relative_proto_validator();
			host.lastIndex = pos;
			return host.exec(text)?.[0].length ?? 0;
		},
		normalize(match) {
			match.url = `http://${match.url}`;
		},
	});
}

/** A link that is refused leaves its text, and nothing of where it led. */
function unlinkRefused({ tokens }: StateCore): void {
	for (const token of tokens) {
		let inRefused = false;
		token.children =
			token.children?.filter(({ type, attrs }) => {
				const href = attrs?.find(([name]) => name === "href")?.[1];
				if (type === "link_open") inRefused = !isAllowedUrl(String(href), LINK_SCHEMES);
				const dropped = inRefused && (type === "link_open" || type === "link_close");
				if (type === "link_close") inRefused = false;
				return !dropped;
			}) ?? null;
	}
}

/** A picture whose source is refused is its alternative text. */
function pictureRule(md: MarkdownIt): RendererRule {
	return (tokens, at, options, _env, renderer) => {
		const token = tokens[at];
		if (!token) return "";
		const alt = inlineText(token.children ?? []);
		const src = String(token.attrGet("src") ?? "");
		if (src === "" || !isAllowedUrl(src, IMAGE_SCHEMES)) return md.utils.escapeHtml(alt);
		token.attrSet("alt", alt);
		return renderer.renderToken(tokens, at, options);
	};
}

/**
 * The Markdown of articles: CommonMark 0.31.2 with the tables, strikethrough, task lists and autolinks of GitHub
 * Flavored Markdown. HTML in it is text. Made when the first article is rendered.
 */
export const articleMarkdown = lazy((): MarkdownIt => {
	const MarkdownIt = load("markdown-it") as typeof import("markdown-it").default;
	const md = new MarkdownIt({ html: false, linkify: true, langPrefix: "lang-", maxNesting: MAX_NESTING });
	// What is refused is still read as a link or a picture, so that its source is not shown as text.
	md.validateLink = () => true;
	md.use(strikethrough).use(taskLists).use(headingAnchors).use(extendAutolinks);
	md.core.ruler.push("refused_links", unlinkRefused);
	md.core.ruler.push("table_align", alignByAttribute);
	md.renderer.rules.image = pictureRule(md);
	return md;
});
