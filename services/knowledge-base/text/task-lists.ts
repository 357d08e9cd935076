import type { MarkdownIt, StateCore, Token } from "markdown-it";

const MARKER = /^\[([ xX])\]\s+(?=\S)/;

function isFirstParagraphOfItem(tokens: readonly Token[], at: number): boolean {
	return tokens[at - 1]?.type === "paragraph_open" && tokens[at - 2]?.type === "list_item_open";
}

function takeMarkers({ tokens }: StateCore): void {
	for (const [at, token] of tokens.entries()) {
		if (token.type !== "inline" || !isFirstParagraphOfItem(tokens, at)) continue;
		const mark = MARKER.exec(token.content);
		if (!mark) continue;
		token.content = token.content.slice(mark[0].length);
		token.meta = { task: mark[1] === " " ? "open" : "done" };
		tokens[at - 2]?.attrSet("class", "task-list-item");
	}
}

function addBoxes({ tokens, Token }: StateCore): void {
	for (const { meta, children } of tokens) {
		if (!meta?.task || !children) continue;
		const box = new Token("task_box", "input", 0);
		box.attrs = [
			["type", "checkbox"],
			["disabled", ""],
		];
		if (meta.task === "done") box.attrs.push(["checked", ""]);
		children.unshift(box);
	}
}

/** Task list items as GitHub Flavored Markdown has them (5.3): `- [ ] open`, `- [x] done`. */
export function taskLists(md: MarkdownIt): void {
	md.core.ruler.before("inline", "task_markers", takeMarkers);
	md.core.ruler.after("inline", "task_boxes", addBoxes);
	md.renderer.rules.task_box = (tokens, at, options, _env, renderer) => `${renderer.renderToken(tokens, at, options)} `;
}
