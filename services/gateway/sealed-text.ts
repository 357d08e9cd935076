import { createCipheriv, createDecipheriv, createHmac, randomBytes } from "node:crypto";

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** The key that a secret and a context make together. */
function keyOf(secret: string, context: string): Buffer {
	return createHmac("sha256", secret).update(context).digest();
}

/** A text as it may rest where others can read and write: encrypted with AES-256-GCM, good in its context only. */
export function sealText(text: string, secret: string, context: string): string {
	const nonce = randomBytes(NONCE_BYTES);
	const cipher = createCipheriv("aes-256-gcm", keyOf(secret, context), nonce);
	return Buffer.concat([nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()]).toString("base64");
}

/** The sealed text, or null where the secret or context is another, or it was altered. */
export function openText(sealed: string, secret: string, context: string): string | null {
	const bytes = Buffer.from(sealed, "base64");
	if (bytes.length <= NONCE_BYTES + TAG_BYTES) return null;
	const decipher = createDecipheriv("aes-256-gcm", keyOf(secret, context), bytes.subarray(0, NONCE_BYTES));
	decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
	try {
		return decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES), undefined, "utf8") + decipher.final("utf8");
	} catch {
		return null;
	}
}
