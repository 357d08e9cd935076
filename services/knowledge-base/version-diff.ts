import { createRequire } from "node:module";
import { lazy } from "../../lib/lazy.ts";

const load = createRequire(import.meta.url);
const diffing = lazy(() => load("diff") as typeof import("diff"));

/** How long two texts are compared at most, ms: texts without a common line take quadratic time. */
const TIMEOUT_MS = 1000;
const CONTEXT_LINES = 3;

export interface TextDiff {
	/** unified; empty where the texts are the same */
	diff: string;
	/** lines */
	added: number;
	removed: number;
}

/** Every line of the one removed and of the other added: what is left to say where comparing takes too long. */
function replaced(from: string, to: string) {
	const oldLines = from.split("\n");
	const newLines = to.split("\n");
	return {
		oldStart: 1,
		oldLines: oldLines.length,
		newStart: 1,
		newLines: newLines.length,
		lines: [...oldLines.map((line) => `-${line}`), ...newLines.map((line) => `+${line}`)],
	};
}

/** A unified diff of two texts, named as the versions they are. */
export function diffTexts(from: { name: string; text: string }, to: { name: string; text: string }): TextDiff {
	if (from.text === to.text) return { diff: "", added: 0, removed: 0 };
	const { FILE_HEADERS_ONLY, formatPatch, structuredPatch } = diffing();
	const options = { context: CONTEXT_LINES, timeout: TIMEOUT_MS };
	const patch = structuredPatch(from.name, to.name, from.text, to.text, undefined, undefined, options) ?? {
		oldFileName: from.name,
		newFileName: to.name,
		oldHeader: undefined,
		newHeader: undefined,
		hunks: [replaced(from.text, to.text)],
	};
	const lines = patch.hunks.flatMap((hunk) => hunk.lines);
	return {
		diff: formatPatch(patch, FILE_HEADERS_ONLY),
		added: lines.filter((line) => line.startsWith("+")).length,
		removed: lines.filter((line) => line.startsWith("-")).length,
	};
}
