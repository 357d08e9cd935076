import type { MarkdownIt, StateCore, Token } from "markdown-it";
import { inlineText } from "./plain-text.ts";

export interface Heading {
	/** 1 to 6 */
	level: number;
	text: string;
	/** the `id` of the heading in the HTML */
	anchor: string;
}

/** Keeps what an article calls its headings apart from what the page around it calls its own things. */
const PREFIX = "h-";
const MAX_LENGTH = 100;

function baseOf(text: string): string {
	const words = text
		.normalize("NFC")
		.toLowerCase()
		.match(/[\p{L}\p{N}\p{M}]+/gu);
	return PREFIX + [...(words ?? ["section"]).join("-")].slice(0, MAX_LENGTH).join("");
}

/** Makes anchors of heading texts, each different: a second `Setup` is `h-setup-2`. Letters of all scripts are kept. */
export function anchorMaker(): (text: string) => string {
	const taken = new Set<string>();
	const counts = new Map<string, number>();
	return (text) => {
		const base = baseOf(text);
		let count = counts.get(base) ?? 0;
		let anchor: string;
		do {
			count += 1;
			anchor = count === 1 ? base : `${base}-${count}`;
		} while (taken.has(anchor));
		counts.set(base, count);
		taken.add(anchor);
		return anchor;
	};
}

/** The heading that this token opens, or null. */
export function headingAt(tokens: readonly Token[], at: number): Heading | null {
	const token = tokens[at];
	if (token?.type !== "heading_open") return null;
	const text = inlineText(tokens[at + 1]?.children ?? []).trim();
	return { level: Number(token.tag.slice(1)), text, anchor: String(token.attrGet("id") ?? "") };
}

function setAnchors({ tokens }: StateCore): void {
	const anchorOf = anchorMaker();
	for (const [at, token] of tokens.entries()) {
		const heading = headingAt(tokens, at);
		if (heading) token.attrSet("id", anchorOf(heading.text));
	}
}

function fragmentOf(href: string): string {
	try {
		return decodeURIComponent(href.slice(1));
	} catch {
		return href.slice(1);
	}
}

/** A link to `#setup` means the heading `Setup` of the same article, whose anchor has a prefix. */
function pointLinksAtAnchors({ tokens }: StateCore): void {
	const anchors = new Set(tokens.filter((token) => token.type === "heading_open").map((token) => token.attrGet("id")));
	if (anchors.size === 0) return;
	for (const { children } of tokens) {
		for (const token of children ?? []) {
			const href = String(token.attrGet("href") ?? "");
			if (token.type !== "link_open" || !href.startsWith("#")) continue;
			const anchor = PREFIX + fragmentOf(href).normalize("NFC").toLowerCase();
			if (anchors.has(anchor)) token.attrSet("href", `#${anchor}`);
		}
	}
}

/** Gives each heading an anchor of its own, and points links within the article at them. */
export function headingAnchors(md: MarkdownIt): void {
	md.core.ruler.push("heading_anchors", (state) => {
		setAnchors(state);
		pointLinksAtAnchors(state);
	});
}
