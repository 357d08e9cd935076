import type { Token } from "markdown-it";
import { type Heading, headingAt } from "./headings.ts";
import { articleMarkdown } from "./markdown.ts";
import { blocksText } from "./plain-text.ts";
import { sanitizeArticle } from "./sanitize.ts";

export type { Heading };

/** Grows with every change of what the same Markdown becomes: what an older one made is made again. */
export const RENDERER_VERSION = 1;

/** The text between a heading and the next. What stands before the first heading has neither heading nor anchor. */
export interface Section {
	heading: string | null;
	anchor: string | null;
	text: string;
}

/** What becomes of an article's Markdown. */
export interface Rendered {
	/** safe to show: see `sanitizeArticle` */
	bodyHtml: string;
	headings: Heading[];
	/** what a reader sees, without markup, a line for each block */
	plainText: string;
	sections: Section[];
}

function sectionsOf(tokens: readonly Token[]): Section[] {
	const sections: Section[] = [];
	let current: { heading: Heading | null; tokens: Token[] } = { heading: null, tokens: [] };
	const close = (): void => {
		const text = blocksText(current.tokens);
		if (current.heading || text !== "")
			sections.push({ heading: current.heading?.text ?? null, anchor: current.heading?.anchor ?? null, text });
	};
	for (const [at, token] of tokens.entries()) {
		const heading = headingAt(tokens, at);
		if (heading) {
			close();
			current = { heading, tokens: [] };
		} else if (tokens[at - 1]?.type !== "heading_open") current.tokens.push(token);
	}
	close();
	return sections;
}

/**
 * Renders an article's Markdown (CommonMark 0.31.2 with GitHub's tables, strikethrough, task lists and autolinks) to HTML
 * that is safe to show, and to the plain text that is searched. The same text always renders to the same.
 */
export function render(markdown: string): Rendered {
	const md = articleMarkdown();
	const env = {};
	const tokens = md.parse(markdown, env);
	return {
		bodyHtml: sanitizeArticle(md.renderer.render(tokens, md.options, env)),
		headings: tokens.map((_, at) => headingAt(tokens, at)).filter((heading) => heading !== null),
		plainText: blocksText(tokens),
		sections: sectionsOf(tokens),
	};
}
