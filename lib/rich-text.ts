import { createRequire } from "node:module";
import type sanitizeHtml from "sanitize-html";
import { lazy } from "./lazy.ts";

export type TextFormat = "markdown" | "text" | "html";

/** Deeper than this no person writes; parsers and browsers are spared the rest. */
const MAX_NESTING = 20;

const load = createRequire(import.meta.url);

const markdown = lazy(() => {
	const MarkdownIt = load("markdown-it") as typeof import("markdown-it").default;
	return new MarkdownIt({ html: false, linkify: true, breaks: true, maxNesting: MAX_NESTING });
});

const TAGS = [
	...["p", "br", "hr", "div", "span", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"],
	...["strong", "b", "em", "i", "u", "s", "del", "ins", "sub", "sup", "small", "mark", "kbd"],
	...["ul", "ol", "li", "dl", "dt", "dd", "a", "img"],
	...["table", "thead", "tbody", "tfoot", "tr", "th", "td", "caption"],
];

const RULES: sanitizeHtml.IOptions = {
	allowedTags: TAGS,
	allowedAttributes: {
		a: ["href", "title", "rel", "target"],
		img: ["src", "alt", "title", "width", "height"],
		ol: ["start"],
		td: ["colspan", "rowspan"],
		th: ["colspan", "rowspan"],
	},
	allowedSchemes: ["http", "https", "mailto", "tel"],
	allowedSchemesByTag: { img: ["https", "http", "cid"] },
	allowProtocolRelative: false,
	nestingLimit: MAX_NESTING * 2,
	transformTags: {
		a: (tagName, attribs) => ({ tagName, attribs: { ...attribs, rel: "noopener noreferrer nofollow" } }),
	},
};

const sanitizer = lazy(() => load("sanitize-html") as typeof sanitizeHtml);

const ESCAPES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/**
 * What somebody wrote as HTML that is safe to show: Markdown without embedded HTML, plain text with its line breaks, or
 * HTML cut down to an allow-list. No scripts, styles, handlers, frames or forms come through.
 */
export function renderHtml(text: string, format: TextFormat): string {
	if (format === "text") return `<p>${escapeHtml(text).replace(/\r?\n/g, "<br />")}</p>`;
	return sanitizer()(format === "markdown" ? markdown().render(text) : text, RULES);
}

const CHARACTERS: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", nbsp: " " };

/** The text of HTML that `renderHtml` made: without tags, a line for each block. */
export function textOfHtml(html: string): string {
	return html
		.replace(/<(?:\/?(?:p|div|li|tr|h[1-6]|blockquote|pre|table|dt|dd)|br)\b[^>]*>/g, "\n")
		.replace(/<[^>]*>/g, "")
		.replace(/&(amp|lt|gt|quot|#39|nbsp);/g, (whole, name: string) => CHARACTERS[name] ?? whole)
		.replace(/\s*\n\s*/g, "\n")
		.trim();
}
