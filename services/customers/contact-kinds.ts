import { createRequire } from "node:module";
import { normalizeEmail } from "../../lib/email.ts";
import { lazy } from "../../lib/lazy.ts";
import { invalidField } from "../../lib/problem.ts";
import type { CustomerEmail, CustomerPhone } from "../../models/customer.ts";
import type { ContactKind } from "./contact-points.ts";

/** E-mail addresses: the same when their normalised forms are. One that stays keeps the moment it was verified. */
export const emails: ContactKind<CustomerEmail> = {
	one: "email",
	many: "emails",
	read(text, pointer, current) {
		const normalized = text.isWellFormed() ? normalizeEmail(text) : null;
		if (normalized === null) throw invalidField(pointer, "This is no e-mail address.", "email");
		const known = current.find((point) => point.normalized === normalized);
		return { value: text.trim(), normalized, primary: false, verifiedAt: known?.verifiedAt ?? null };
	},
	key: (point) => point.normalized,
};

const load = createRequire(import.meta.url);
const phoneNumbers = lazy(() => load("libphonenumber-js/min") as typeof import("libphonenumber-js/min"));

/** The international form (E.164) of a telephone number that names its country, or null. */
export function toE164(text: string): string | null {
	const number = phoneNumbers().parsePhoneNumberFromString(text);
	return number?.isPossible() ? number.number : null;
}

/** Telephone numbers, kept as they were written, and in the international form where they have one. */
export const phones: ContactKind<CustomerPhone> = {
	one: "phone",
	many: "phones",
	read(text, pointer) {
		const value = text.toWellFormed().trim();
		if (!/\p{Nd}/u.test(value)) throw invalidField(pointer, "This is no telephone number.", "phone");
		return { value, e164: toE164(value), primary: false };
	},
	key: (point) => point.e164 ?? point.value,
};
