/*
 * What Docusaurus adds to Markdown, said in plain Markdown. Only outside of code.
 */

/** What becomes of a link's or a picture's target; null leaves the text alone. */
export type Retarget = (target: string, isPicture: boolean) => string | null;

/** Applies a change to a line, in which inline code is not to be changed. */
function aroundCode(line: string, change: (text: string) => string): string {
	const spans: string[] = [];
	const masked = line.replace(/(`+)(?:(?!\1).)+?\1(?!`)/g, (span) => `\ue000${spans.push(span) - 1}\ue001`);
	return change(masked).replace(/\ue000(\d+)\ue001/g, (_mask, at) => spans[Number(at)] ?? "");
}

const attribute = (tag: string, name: string): string | null =>
	new RegExp(`\\b${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`)
		.exec(tag)
		?.slice(1)
		.find((value) => value !== undefined) ?? null;

/** A frame is a link to what it shows; folded text is shown; elements that only place text are left out. */
function plainElements(text: string): string {
	return text
		.replace(/<iframe\b[^>]*>(?:\s*<\/iframe>)?/gi, (tag) => {
			const src = attribute(tag, "src");
			return src ? `[${attribute(tag, "title") ?? src}](${src})` : "";
		})
		.replace(/<summary\b[^>]*>(.*?)<\/summary>/gi, "**$1**")
		.replace(/<br\s*\/?>/gi, " ")
		.replace(/<\/?(?:details|summary|div|span|em|p|section|center|figure|figcaption|iframe)\b[^<>]*>/gi, "")
		.replace(/<!--.*?-->/g, "");
}

const LINK = /(!?)\[((?:[^[\]]|\[[^\]]*\])*)\]\(\s*<?([^()\s<>]*(?:\([^()\s]*\)[^()\s<>]*)*)>?(\s+"[^"]*")?\s*\)/g;
const DEFINITION = /^(\s{0,3}\[[^\]]+\]:\s*)<?(\S+?)>?(\s.*)?$/;

function retargetLinks(text: string, retarget: Retarget): string {
	const definition = DEFINITION.exec(text);
	if (definition) {
		const [, before = "", target = "", title = ""] = definition;
		const to = retarget(target, false);
		return to === null ? text : `${before}${to}${title}`;
	}
	return text.replace(LINK, (_whole, bang: string, label: string, target: string, title = "") => {
		const to = retarget(target, bang === "!");
		// A picture may be the label of a link.
		const inner = bang === "!" ? label : retargetLinks(label, retarget);
		return to === null ? inner : `${bang}[${inner}](${to}${title})`;
	});
}

const FENCE = /^\s*(?:>\s*)*(`{3,}(?=[^`]*$)|~{3,})/;
const OPENING = /^([\s>]*):{3,}\s*([A-Za-z]+)\s*\[?(.*?)\]?\s*$/;
const CLOSING = /^\s*:{3,}\s*$/;
const LEFT_OUT =
	/^(?:\s*<!--.*-->\s*|import\s.+\sfrom\s+["'].+["'];?|import\s+["'].+["'];?|export\s+(?:const|default|function)\s.*)$/;
const HEADING_ANCHOR = /^(#{1,6}\s.*?)\s*\\?\{#[^}\s]+\}\s*$/;

/** The lines of a page, each with whether it is code of a fenced block or one of its fences. */
export function linesOf(markdown: string): { line: string; isCode: boolean }[] {
	let fence: string | null = null;
	return markdown.split(/\r?\n/).map((line) => {
		const mark = FENCE.exec(line)?.[1];
		const isCode = fence !== null || mark !== undefined;
		if (fence === null) fence = mark ?? null;
		else if (mark?.startsWith(fence)) fence = null;
		return { line, isCode };
	});
}

/** Puts lines into the quotes that are open. A quote in a list item is as far in as it was opened. */
class Quotes {
	readonly out: string[] = [];
	private readonly open: string[] = [];

	put(line: string): void {
		const indent = this.open.at(-1);
		if (indent === undefined) this.out.push(line);
		else this.out.push(`${indent}> ${line.startsWith(indent) ? line.slice(indent.length) : line.trimStart()}`);
	}

	begin(indent: string, title: string): void {
		// One in a quote is in a quote already.
		if (indent.includes(">")) return;
		this.open.push(indent);
		if (title !== "") this.out.push(`${indent}> **${title}**`, `${indent}>`);
	}

	end(): void {
		this.open.pop();
		this.out.push("");
	}

	endAll(): void {
		while (this.open.length > 0) this.end();
	}
}

/**
 * Says a page in plain Markdown: admonitions (`:::note Title`) are quotes with their title in bold, `{#own}` anchors,
 * imports and comments are left out, frames are links, and links lead where `retarget` says. An admonition that is never
 * closed ends before the next heading, and what closes none is left out.
 */
export function plainMarkdown(markdown: string, retarget: Retarget): string {
	const quotes = new Quotes();
	for (const { line, isCode } of linesOf(markdown)) {
		const opening = isCode ? null : OPENING.exec(line);
		if (isCode) quotes.put(line);
		else if (opening) quotes.begin(opening[1] ?? "", opening[3] ?? "");
		else if (CLOSING.test(line)) quotes.end();
		else if (!LEFT_OUT.test(line)) {
			if (/^#{1,6}\s/.test(line)) quotes.endAll();
			const heading = HEADING_ANCHOR.exec(line)?.[1] ?? line;
			quotes.put(aroundCode(heading, (text) => plainElements(retargetLinks(text, retarget))));
		}
	}
	return quotes.out.join("\n").trim();
}
