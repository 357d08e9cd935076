import type { Token } from "markdown-it";

/** What a reader sees of inline Markdown: no markup, no URLs, of a picture its alternative text. */
export function inlineText(tokens: readonly Token[]): string {
	let text = "";
	for (const token of tokens) {
		if (token.type === "image") text += inlineText(token.children ?? []);
		else if (token.type === "softbreak") text += " ";
		else if (token.type === "hardbreak") text += "\n";
		else text += token.content;
	}
	return text;
}

/** The text of one block token, with what separates it from the next. */
function blockText(token: Token): string {
	if (token.type === "inline") return inlineText(token.children ?? []);
	if (token.type === "fence" || token.type === "code_block") return `${token.content}\n`;
	if (token.type === "td_close" || token.type === "th_close") return "\t";
	return token.nesting === -1 ? "\n" : "";
}

function tidy(text: string): string {
	return text
		.split("\n")
		.map((line) => line.trimEnd())
		.filter((line) => line !== "")
		.join("\n")
		.trim();
}

/** What a reader sees of these blocks: a line for each paragraph, table row and line of code. */
export function blocksText(tokens: readonly Token[]): string {
	return tidy(tokens.map(blockText).join(""));
}
