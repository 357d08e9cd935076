import { createRequire } from "node:module";
import type { MarkdownIt, RendererRule, StateCore } from "markdown-it";
import { lazy } from "../../../lib/lazy.ts";
import { headingAnchors } from "./headings.ts";
import { inlineLimits } from "./inline-limits.ts";
import { inlineText } from "./plain-text.ts";
import { strikethrough } from "./strikethrough.ts";
import { taskLists } from "./task-lists.ts";
import { IMAGE_SCHEMES, isAllowedUrl } from "./url.ts";

/** How deep blocks may be nested; what is deeper is left out. A list in a list takes two. */
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
	md.use(strikethrough).use(taskLists).use(headingAnchors).use(inlineLimits).use(extendAutolinks);
	md.core.ruler.push("table_align", alignByAttribute);
	md.renderer.rules.image = pictureRule(md);
	return md;
});
