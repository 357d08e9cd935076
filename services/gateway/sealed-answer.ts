import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";
import type { Answer } from "./respond.ts";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key that a secret and the client's own text make together. */
function keyOf(secret: string, context: string): Buffer {
	return createHmac("sha256", secret).update(context).digest();
}

/**
 * An answer as it may rest in a database: encrypted (AES-256-GCM) with the credential of the client who got it, which is
 * not stored. An answer may hold a token that is shown once.
 */
export function sealAnswer(answer: Answer, secret: string, context: string): string {
	const nonce = randomBytes(NONCE_BYTES);
	const cipher = createCipheriv("aes-256-gcm", keyOf(secret, context), nonce);
	const text = JSON.stringify([answer.status, answer.headers, answer.body]);
	return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

/** The sealed answer, or null where the secret or context is another, or the text was altered. */
export function openAnswer(sealed: string, secret: string, context: string): Answer | null {
	const bytes = Buffer.from(sealed, "base64");
	if (bytes.length <= NONCE_BYTES + TAG_BYTES) return null;
	const decipher = createDecipheriv("aes-256-gcm", keyOf(secret, context), bytes.subarray(0, NONCE_BYTES));
	decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
	try {
		const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
		const [status, headers, body] = JSON.parse(text) as [number, Record<string, string>, string | null];
		return { status, headers, body };
	} catch {
		return null;
	}
}
