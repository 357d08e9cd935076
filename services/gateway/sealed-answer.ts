import type { Answer } from "./respond.ts";
import { openText, sealText } from "./sealed-text.ts";

/**
 * An answer as it may rest in a database: encrypted with the credential of the client who got it, which is not stored.
 * An answer may hold a token that is shown once.
 */
export function sealAnswer(answer: Answer, secret: string, context: string): string {
	return sealText(JSON.stringify([answer.status, answer.headers, answer.body]), secret, context);
}

/** The sealed answer, or null where the secret or context is another, or the text was altered. */
export function openAnswer(sealed: string, secret: string, context: string): Answer | null {
	const text = openText(sealed, secret, context);
	if (text === null) return null;
	const [status, headers, body] = JSON.parse(text) as [number, Record<string, string>, string | null];
	return { status, headers, body };
}
