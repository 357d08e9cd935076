import { invalidField } from "./problem.ts";

const TAG = /^[\p{L}\p{N}_\-:.]{1,64}$/u;
const MAX_TAGS = 50;

/**
 * Tags in the form in which they are kept: trimmed, NFC, lower-case, each once, in the order given. Throws 422 for one
 * with other characters than letters, digits and `_ - : .`, and for more than 50; `pointer` is where they stand.
 */
export function normalizeTags(tags: readonly string[], pointer = "/tags"): string[] {
	const kept = new Set<string>();
	for (const [index, given] of tags.entries()) {
		const tag = given.trim().normalize("NFC").toLowerCase();
		if (!TAG.test(tag))
			throw invalidField(`${pointer}/${index}`, "A tag has 1 to 64 letters, digits or any of _ - : .", "pattern");
		kept.add(tag);
	}
	if (kept.size > MAX_TAGS) throw invalidField(pointer, `There can be at most ${MAX_TAGS} tags.`, "maxItems");
	return [...kept];
}
