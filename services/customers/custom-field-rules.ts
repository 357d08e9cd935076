import { invalidField } from "../../lib/problem.ts";
import type { CustomFieldDef } from "../../models/custom-field.ts";
import { compilePattern } from "./custom-field-values.ts";

type Definition = Pick<CustomFieldDef, "key" | "type" | "options" | "regex">;

function isPattern(source: string): boolean {
	try {
		compilePattern(source);
		return true;
	} catch {
		return false;
	}
}

/** Throws 422 for a definition that makes no sense: options and pattern belong to certain types only. */
export function checkDefinition({ key, type, options, regex }: Definition): void {
	// Every object has a member of that name, in every program that reads the values.
	if (key === "constructor") throw invalidField("/key", "This key is reserved.", "reserved");
	const chooses = type === "select" || type === "multiselect";
	if (chooses && options.length === 0) throw invalidField("/options", `A ${type} needs options.`, "required");
	if (!chooses && options.length > 0)
		throw invalidField("/options", `Options belong to select and multiselect, not to ${type}.`, "options");
	if (regex === null) return;
	if (type !== "text" && type !== "url")
		throw invalidField("/regex", `A pattern belongs to text and url, not to ${type}.`, "regex");
	if (!isPattern(regex))
		throw invalidField("/regex", "This is no pattern in RE2's syntax (no look-around, no back references).", "regex");
}
