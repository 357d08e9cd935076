import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

const TOKEN = /^cnd_([0-9a-f-]{36})_[A-Za-z0-9_-]{43}$/;

/** A new secret of 256 bits in the alphabet of URLs. */
export function newSecret(): string {
	return randomBytes(32).toString("base64url");
}

/** The text of an API token: its id in plain, so that its record is found without searching, and a secret. */
export function newToken(id: string): string {
	return `cnd_${id}_${newSecret()}`;
}

/** The id inside an API token, or null for a text of another form. */
export function tokenId(token: string): string | null {
	return TOKEN.exec(token)?.[1] ?? null;
}

/** What is kept of a credential: SHA-256 of the whole text, hex. It has 256 random bits, so it needs no slow hash. */
export function hashOf(credential: string): string {
	return createHash("sha256").update(credential).digest("hex");
}

/** Compares two hashes in constant time. */
export function sameHash(a: string, b: string): boolean {
	const [left, right] = [Buffer.from(a, "hex"), Buffer.from(b, "hex")];
	return left.length === right.length && left.length > 0 && timingSafeEqual(left, right);
}
