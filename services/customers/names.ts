import { invalidField } from "../../lib/problem.ts";

const MAX_NAME = 255;

/** A name on one line, without control characters, in NFC. Throws 422 at `pointer` where nothing is left. */
export function cleanName(text: string, pointer = "/name"): string {
	const name = text
		.toWellFormed()
		.normalize("NFC")
		.replace(/[\p{Cc}\s]+/gu, " ")
		.trim();
	if (name === "") throw invalidField(pointer, "A name cannot be empty.", "minLength");
	return [...name].slice(0, MAX_NAME).join("");
}

/** The name of somebody of whom only an address or a number is known. */
export function derivedName(email: string | undefined, phone: string | undefined): string | null {
	if (email !== undefined) return cleanName(email.slice(0, email.lastIndexOf("@")), "/email");
	return phone === undefined ? null : cleanName(phone, "/phone");
}

/** What names are compared and sorted by, whatever their case. */
export function nameKey(name: string): string {
	return name.normalize("NFKC").toLowerCase();
}
