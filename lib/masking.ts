/** A name that was made from an e-mail address, for readers who may not have the address: the name would complete it. */
export function maskNameMadeOf(email: string, name: string): string {
	const key = (text: string) => text.normalize("NFKC").toLowerCase();
	return key(email.slice(0, Math.max(email.lastIndexOf("@"), 0))) === key(name) ? `${[...name][0] ?? ""}***` : name;
}

/** An e-mail address for readers who may not have it: `jane@example.com` → `j***@example.com`. */
export function maskEmail(email: string): string {
	const at = email.lastIndexOf("@");
	return at < 1 ? "***" : `${[...email][0]}***${email.slice(at)}`;
}
