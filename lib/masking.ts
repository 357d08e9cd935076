/** An e-mail address for readers who may not have it: `jane@example.com` → `j***@example.com`. */
export function maskEmail(email: string): string {
	const at = email.lastIndexOf("@");
	return at < 1 ? "***" : `${[...email][0]}***${email.slice(at)}`;
}
