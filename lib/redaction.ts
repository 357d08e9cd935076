/**
 * What no log line may show, wherever it comes from: our tokens, credentials of a header, JSON Web Tokens, passwords in
 * URLs, and addresses of people.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
	[/\bcnd_[A-Za-z0-9_-]{8,}/g, "cnd_[redacted]"],
	[/\b(bearer|basic)\s+[A-Za-z0-9._~+/=-]{8,}/gi, "$1 [redacted]"],
	[/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, "[redacted]"],
	[/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/@"'<>]*:[^\s/@"'<>]*@/gi, "$1[redacted]@"],
	[/[A-Za-z0-9.!#$%&*+/=?^_`{|}~-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+/g, "[address]"],
];

/** Whether a text can hold any of them at all: most lines cannot, and cost no more than this look. */
const SUSPECT = /cnd_|bearer|basic|eyJ|@/i;

/** A text without secrets and addresses of people. */
export function withoutSecrets(text: string): string {
	if (!SUSPECT.test(text)) return text;
	let clean = text;
	for (const [pattern, instead] of SECRETS) clean = clean.replace(pattern, instead);
	return clean;
}
