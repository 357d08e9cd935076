import type { MarkdownIt, StateCore, Token } from "markdown-it";
import { isAllowedUrl, LINK_SCHEMES } from "./url.ts";

/** Emphasis in emphasis deeper than this looks no different; browsers and sanitisers are spared it. */
const MAX_DEPTH = 20;

/** The tokens without the pairs of which the opening one is refused; what is between them stays. */
function withoutPairs(tokens: readonly Token[], refused: (opening: Token, depth: number) => boolean): Token[] {
	const open: boolean[] = [];
	return tokens.filter((token) => {
		if (token.nesting === 1) open.push(!refused(token, open.length));
		else if (token.nesting === -1) return open.pop() ?? true;
		return token.nesting === 0 || open.at(-1);
	});
}

function limit({ tokens }: StateCore): void {
	for (const token of tokens) {
		if (!token.children) continue;
		token.children = withoutPairs(token.children, (opening, depth) => {
			if (opening.type !== "link_open") return depth >= MAX_DEPTH;
			return !isAllowedUrl(String(opening.attrGet("href") ?? ""), LINK_SCHEMES);
		});
	}
}

/** A link that is refused leaves its text, and nothing of where it led; so does emphasis that is nested too deep. */
export function inlineLimits(md: MarkdownIt): void {
	md.core.ruler.push("inline_limits", limit);
}
