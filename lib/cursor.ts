import { createCipheriv, createDecipheriv, createHash, createHmac } from "node:crypto";
import { Problem } from "./problem.ts";

/** What a keyset cursor holds: the sort values and id of the row it stands at, and which way the page goes. */
export interface CursorPosition {
	values: unknown[];
	direction: "next" | "prev";
}

const CIPHER = "aes-256-gcm";
const IV_BYTES = 12;
const TAG_BYTES = 16;

const invalid = () =>
	new Problem(400, "invalid_cursor", "The cursor does not belong to this list, filter and sort, or was altered.");

const keyOf = (secret: string) => createHash("sha256").update(secret).digest();

/**
 * The nonce of a text under a binding: a keyed digest of both, as in synthetic initialisation vectors (RFC 5297), so that
 * another text never meets the same one.
 */
const nonceOf = (text: string, binding: string, secret: string) =>
	createHmac("sha256", `nonce ${secret}`).update(`${binding.length} ${binding}${text}`).digest().subarray(0, IV_BYTES);

/**
 * An opaque cursor, sealed with AES-256-GCM: its values are not to be read either, because a list may be sorted by
 * something that the caller sees only masked. `binding` is everything it is valid for (tenant, list, filter, sort):
 * with another binding it is invalid. The same position has the same cursor each time, so that the same page is the same
 * answer. Dates survive as dates.
 */
export function encodeCursor(position: CursorPosition, binding: string, secret: string): string {
	const values = position.values.map((value) => (value instanceof Date ? { d: value.getTime() } : value));
	const text = JSON.stringify([position.direction, values]);
	const iv = nonceOf(text, binding, secret);
	const cipher = createCipheriv(CIPHER, keyOf(secret), iv).setAAD(Buffer.from(binding));
	const sealed = Buffer.concat([cipher.update(text), cipher.final()]);
	return Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString("base64url");
}

function open(cursor: string, binding: string, secret: string): string {
	const bytes = Buffer.from(cursor, "base64url");
	const tag = bytes.subarray(IV_BYTES, IV_BYTES + TAG_BYTES);
	if (tag.length < TAG_BYTES || bytes.toString("base64url") !== cursor) throw invalid();
	const decipher = createDecipheriv(CIPHER, keyOf(secret), bytes.subarray(0, IV_BYTES));
	decipher.setAAD(Buffer.from(binding)).setAuthTag(tag);
	try {
		return Buffer.concat([decipher.update(bytes.subarray(IV_BYTES + TAG_BYTES)), decipher.final()]).toString();
	} catch {
		throw invalid();
	}
}

/** Reads a cursor back. Throws 400 `invalid_cursor` for anything that `encodeCursor` did not make for this binding. */
export function decodeCursor(cursor: string, binding: string, secret: string): CursorPosition {
	const [direction, values] = JSON.parse(open(cursor, binding, secret)) as [CursorPosition["direction"], unknown[]];
	return {
		direction,
		values: values.map((value) =>
			typeof value === "object" && value !== null && "d" in value ? new Date(value.d as number) : value,
		),
	};
}
