import type { Delimiter, MarkdownIt, StateInline } from "markdown-it";

const TILDE = 0x7e;
/** One tilde closes what one tilde opened, two what two did: two kinds of delimiters to the matcher of pairs. */
const SINGLE = 0x10_007e;

function tokenize(state: StateInline, silent: boolean): boolean {
	if (silent || state.src.charCodeAt(state.pos) !== TILDE) return false;
	const { length, can_open, can_close } = state.scanDelims(state.pos, true);
	const token = state.push("text", "", 0);
	token.content = "~".repeat(length);
	state.pos += length;
	if (length <= 2) {
		const marker = length === 1 ? SINGLE : TILDE;
		const at = state.tokens.length - 1;
		state.delimiters.push({ marker, length: 0, token: at, end: -1, open: can_open, close: can_close });
	}
	return true;
}

function turn(state: StateInline, at: number, nesting: 1 | -1): void {
	const token = state.tokens[at];
	if (!token) return;
	token.type = nesting === 1 ? "del_open" : "del_close";
	token.tag = "del";
	token.nesting = nesting;
	token.markup = token.content;
	token.content = "";
}

function replacePairs(state: StateInline, delimiters: readonly Delimiter[]): void {
	for (const opener of delimiters) {
		if (opener.marker !== TILDE && opener.marker !== SINGLE) continue;
		const closer = delimiters[opener.end];
		if (!closer) continue;
		turn(state, opener.token, 1);
		turn(state, closer.token, -1);
	}
}

/** Strikethrough as GitHub Flavored Markdown has it (6.5): one or two tildes on each side, as `<del>`. */
export function strikethrough(md: MarkdownIt): void {
	md.inline.ruler.at("strikethrough", tokenize);
	md.inline.ruler2.at("strikethrough", (state) => {
		replacePairs(state, state.delimiters);
		for (const meta of state.tokens_meta) if (meta?.delimiters) replacePairs(state, meta.delimiters);
	});
}
