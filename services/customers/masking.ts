import { maskEmail } from "../../lib/masking.ts";
import type { Customer } from "../../models/customer.ts";
import { nameKey } from "./names.ts";

/** A telephone number for readers who may not have it: its last three digits, none of a very short one. */
export function maskPhone(phone: string): string {
	const digits = phone.match(/\p{Nd}/gu) ?? [];
	return digits.length > 5 ? `***${digits.slice(-3).join("")}` : "***";
}

/** A text in which somebody may have written an address. */
export function maskText(text: string): string {
	return text.replace(/[^\s@<>()",;]+@[^\s@<>()",;]+/gu, maskEmail);
}

const localPart = (email: string) => nameKey(email.slice(0, Math.max(email.lastIndexOf("@"), 0)));

/**
 * A customer's name for readers who may not have addresses: a name that was made from an address or number, because
 * there was no other, would give it away.
 */
export function maskName({ name, emails, phones }: Pick<Customer, "name" | "emails" | "phones">): string {
	const key = nameKey(name);
	if (emails.some((email) => localPart(email.value) === key)) return `${[...name][0] ?? ""}***`;
	if (phones.some((phone) => phone.value === name)) return maskPhone(name);
	return maskText(name);
}
