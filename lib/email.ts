import { domainToASCII } from "node:url";

/** Labels of letters, digits and inner hyphens, as IDNA leaves them; at least one of them. */
const DOMAIN = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

/**
 * The one form in which an e-mail address is stored and compared: trimmed, NFKC, lower-case, its domain in IDNA's ASCII
 * form (`Jörg@BÜCHER.example` → `jörg@xn--bcher-kva.example`). Dots and plus signs stay, since for most providers they tell
 * mailboxes apart. Null for a text that is no address.
 */
export function normalizeEmail(address: string): string | null {
	const text = address.trim().normalize("NFKC").toLowerCase();
	const at = text.lastIndexOf("@");
	const local = text.slice(0, Math.max(at, 0));
	if (local === "" || !local.isWellFormed() || /[\s@\p{Cc}]/u.test(local)) return null;
	const domain = domainToASCII(text.slice(at + 1));
	const normalized = `${local}@${domain}`;
	return DOMAIN.test(domain) && normalized.length <= 320 ? normalized : null;
}
