import { createHmac, timingSafeEqual } from "node:crypto";
import { ATTACHMENT_URL_SEC } from "../../../contracts/attachments.ts";
import { forbidden } from "../../../lib/problem.ts";

/** Which file of which tenant an address leads to, and until when, in seconds since 1970. */
export interface Signed {
	tenantId: string;
	id: string;
	expires: string;
}

function signatureOf(secret: string, { tenantId, id, expires }: Signed): Buffer {
	return createHmac("sha256", secret).update(["attachment", tenantId, id, expires].join("\n")).digest();
}

/** The address of a file's content, good for 15 minutes from `now` on. */
export function signedUrl(secret: string, { tenantId, id }: Omit<Signed, "expires">, now: Date): string {
	const expires = String(Math.floor(now.getTime() / 1000) + ATTACHMENT_URL_SEC);
	const signature = signatureOf(secret, { tenantId, id, expires }).toString("hex");
	return `/api/attachments/${id}/content?${new URLSearchParams({ tenant: tenantId, expires, signature })}`;
}

/** Throws 403 unless the address was signed here and its time is not over. */
export function checkSignature(secret: string, signed: Signed, signature: string, now: Date): void {
	const right = signatureOf(secret, signed);
	const given = Buffer.from(/^[0-9a-f]{64}$/.test(signature) ? signature : "", "hex");
	const isOurs = given.length === right.length && timingSafeEqual(given, right);
	if (!isOurs || !(Number(signed.expires) * 1000 > now.getTime()))
		throw forbidden("This address is not valid, or not any more. Read the message again for a fresh one.");
}
