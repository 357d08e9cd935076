import { createHmac, timingSafeEqual } from "node:crypto";
import { Problem } from "./problem.ts";

/** What a keyset cursor holds: the sort values and id of the row it stands behind, and which way the page goes. */
export interface CursorPosition {
	values: unknown[];
	direction: "next" | "prev";
}

const invalid = () =>
	new Problem(400, "invalid_cursor", "The cursor does not belong to this list, filter and sort, or was altered.");

function sign(payload: string, binding: string, key: string): Buffer {
	return createHmac("sha256", key).update(payload).update("\n").update(binding).digest().subarray(0, 16);
}

/**
 * An opaque, signed cursor. `binding` is everything it is valid for (tenant, list, filter, sort): another binding makes
 * it invalid. Dates survive as dates.
 */
export function encodeCursor(position: CursorPosition, binding: string, key: string): string {
	const values = position.values.map((value) => (value instanceof Date ? { d: value.getTime() } : value));
	const payload = Buffer.from(JSON.stringify([position.direction, values])).toString("base64url");
	return `${payload}.${sign(payload, binding, key).toString("base64url")}`;
}

/** Reads a cursor back. Throws 400 `invalid_cursor` for anything that `encodeCursor` did not make for this binding. */
export function decodeCursor(cursor: string, binding: string, key: string): CursorPosition {
	const [payload, signature, ...rest] = cursor.split(".");
	if (!payload || !signature || rest.length > 0) throw invalid();
	const given = Buffer.from(signature, "base64url");
	const expected = sign(payload, binding, key);
	if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw invalid();
	const [direction, values] = JSON.parse(Buffer.from(payload, "base64url").toString()) as [
		CursorPosition["direction"],
		unknown[],
	];
	return {
		direction,
		values: values.map((value) =>
			typeof value === "object" && value !== null && "d" in value ? new Date(value.d as number) : value,
		),
	};
}
