import { invalidField } from "../../lib/problem.ts";
import type { Category, CategoryText } from "../../models/category.ts";
import { localeAt } from "./locales.ts";

interface TextInput {
	name?: string | undefined;
	description?: string | null | undefined;
}

/** What a request says of a category's texts. */
export interface CategoryTextInput extends TextInput {
	translations?: Record<string, TextInput | null> | undefined;
}

function patched(before: CategoryText | undefined, input: TextInput, pointer: string): CategoryText {
	const name = input.name === undefined ? before?.name : input.name.trim();
	if (name === undefined) throw invalidField(`${pointer}/name`, "This field is required.", "required");
	if (name === "") throw invalidField(`${pointer}/name`, "A name has at least one letter.", "minLength");
	const description =
		input.description === undefined ? (before?.description ?? null) : input.description?.trim() || null;
	return { name, description };
}

/**
 * A category's texts after a request: `name` and `description` in the language `locale`, `translations` in theirs, null
 * removing one. Throws 422 for a language without a name and where none would be left of the category's own.
 */
export function patchTexts(
	before: Pick<Category, "translations" | "defaultLocale">,
	input: CategoryTextInput,
	locale: string,
): Category["translations"] {
	const after = { ...before.translations };
	if (input.name !== undefined || input.description !== undefined) after[locale] = patched(after[locale], input, "");
	for (const [tag, text] of Object.entries(input.translations ?? {})) {
		const pointer = `/translations/${tag}`;
		const canonical = localeAt(pointer, tag);
		if (text === null) delete after[canonical];
		else after[canonical] = patched(after[canonical], text, pointer);
	}
	if (!after[before.defaultLocale])
		throw invalidField("/translations", `The category's own language ${before.defaultLocale} has to stay.`, "required");
	return after;
}
