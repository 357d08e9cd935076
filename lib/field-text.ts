import { Problem } from "./problem.ts";

/**
 * The value that a text in a query string means for a custom field of this type: a number, a boolean, an instant in its
 * stored form, or the text itself.
 * @throws 400 `invalid_request` for one that the field cannot have
 */
export function valueOfText(field: { key: string; type: string }, text: string): unknown {
	const refused = (kind: string) =>
		new Problem(400, "invalid_request", `customFields[${field.key}] must be compared with ${kind}, not "${text}".`);
	switch (field.type) {
		case "number":
		case "integer": {
			const value = text.trim() === "" ? Number.NaN : Number(text);
			if (!Number.isFinite(value)) throw refused("a number");
			return value;
		}
		case "boolean":
			if (text !== "true" && text !== "false") throw refused("true or false");
			return text === "true";
		case "datetime": {
			// The plus sign of an offset reads as a space where the client did not encode it.
			const at = Date.parse(text.replace(/ (\d{2}:\d{2})$/, "+$1"));
			if (Number.isNaN(at)) throw refused("an instant");
			return new Date(at).toISOString();
		}
		default:
			return text;
	}
}
