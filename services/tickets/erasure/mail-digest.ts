import { createHash } from "node:crypto";

const PREFIX = "sha256:";

/** What a mail of a tenant is known by once it is erased: enough to keep it from coming in again, and no more. */
export const mailDigest =
	(tenantId: string) =>
	(messageId: string): string =>
		messageId.startsWith(PREFIX)
			? messageId
			: PREFIX + createHash("sha256").update(`${tenantId} ${messageId}`).digest("base64url");
