import type { ParamsOf } from "../../contracts/contract.ts";
import type { createCustomer } from "../../contracts/customers.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { invalidField } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import { isTimeZone } from "../../lib/time-zone.ts";
import type { CompanyLink, Customer } from "../../models/customer.ts";
import { emails, phones } from "./contact-kinds.ts";
import { patchContacts } from "./contact-points.ts";
import { fieldKeys } from "./custom-field-filters.ts";
import { type FieldRule, patchFields } from "./custom-field-values.ts";
import { checkTransition } from "./lifecycle.ts";
import { cleanName, derivedName, nameKey } from "./names.ts";

/** What a client may say about a customer. */
export type CustomerInput = ParamsOf<typeof createCustomer>;

/** A customer without what the store gives it. */
export type CustomerFields = Omit<Customer, "_id" | "tenantId" | "version" | "createdAt" | "updatedAt">;

const NOBODY: CustomerFields = {
	name: "",
	nameKey: "",
	emails: [],
	phones: [],
	companies: [],
	status: "lead",
	tags: [],
	title: null,
	avatarUrl: null,
	locale: null,
	timeZone: null,
	customFields: {},
	fieldKeys: [],
	notesCount: 0,
	ticketCounters: { open: 0, total: 0, lastTicketAt: null },
	lastSeenAt: null,
	deleted: false,
	deletedAt: null,
	mergedIntoId: null,
	mergedAt: null,
	erasedAt: null,
};

function locale(tag: string): string {
	const canonical = canonicalLocale(tag);
	if (canonical === null) throw invalidField("/locale", "This is no language tag such as de-AT.", "locale");
	return canonical;
}

function timeZone(name: string): string {
	if (!isTimeZone(name)) throw invalidField("/timeZone", "This is no time zone such as Europe/Berlin.", "timeZone");
	return name;
}

function avatarUrl(text: string): string {
	const url = URL.canParse(text) ? new URL(text) : null;
	if (url?.protocol !== "https:" || url.username !== "" || url.password !== "")
		throw invalidField("/avatarUrl", "An avatar must have an https address without credentials.", "url");
	return url.href;
}

/** The present value where the patch says nothing, null where it clears, else what `read` makes of it. */
function patched<T>(current: T, given: string | null | undefined, read: (text: string) => T): T | null {
	if (given === undefined) return current;
	return given === null ? null : read(given);
}

function nameOf(before: CustomerFields, input: CustomerInput, after: Pick<Customer, "emails" | "phones">): string {
	if (typeof input.name === "string") return cleanName(input.name);
	if (input.name === undefined && before.name !== "") return before.name;
	const name = derivedName(after.emails[0]?.value, after.phones[0]?.value);
	if (name === null) throw invalidField("", "A customer needs a name, an email or a phone.", "required");
	return name;
}

/**
 * A customer after a change (a merge patch: absent stays, null clears); `companies` is what `patchLinks` made of its part
 * of the body. Pure. Throws 422 for what is not acceptable, 409 for a status that cannot follow.
 */
export function patchCustomer<C extends CustomerFields>(
	before: C,
	input: CustomerInput,
	context: { rules: readonly FieldRule[]; companies: CompanyLink[]; requireAll?: boolean },
): C {
	const contacts = {
		emails: patchContacts(emails, before.emails, { one: input.email, many: input.emails === null ? [] : input.emails }),
		phones: patchContacts(phones, before.phones, { one: input.phone, many: input.phones === null ? [] : input.phones }),
	};
	const name = nameOf(before, input, contacts);
	const status = input.status ?? before.status;
	checkTransition(before.status, status);
	const given = input.customFields === undefined ? {} : input.customFields;
	const customFields = patchFields(context.rules, before.customFields, given, {
		requireAll: context.requireAll ?? false,
	});
	const liveEmails = contacts.emails.map((email) => email.normalized);
	return {
		...before,
		...contacts,
		liveEmails: liveEmails.length > 0 ? liveEmails : undefined,
		name,
		nameKey: nameKey(name),
		companies: context.companies,
		status,
		externalId: patched(before.externalId, input.externalId, cleanExternalId) ?? undefined,
		tags: input.tags === undefined ? before.tags : normalizeTags(input.tags ?? []),
		title: patched(before.title, input.title, (text) => cleanName(text, "/title")),
		avatarUrl: patched(before.avatarUrl, input.avatarUrl, avatarUrl),
		locale: patched(before.locale, input.locale, locale),
		timeZone: patched(before.timeZone, input.timeZone, timeZone),
		customFields,
		fieldKeys: fieldKeys(customFields),
	};
}

/** An id that another system gave, without blanks around it. */
export function cleanExternalId(text: string): string {
	const id = text.toWellFormed().trim();
	if (id === "") throw invalidField("/externalId", "An external id cannot be empty.", "minLength");
	return id;
}

/** A new customer from what a client says. Any status but merged and erased may be the first; a lead where none is named. */
export function newCustomer(
	input: CustomerInput,
	context: { rules: readonly FieldRule[]; companies: CompanyLink[]; requireAll?: boolean },
): CustomerFields {
	return patchCustomer({ ...NOBODY, status: input.status ?? NOBODY.status }, input, context);
}

/** What of a customer is not named in answers and events, or has no say in whether it changed. */
const INTERNAL = new Set([
	"version",
	"createdAt",
	"updatedAt",
	"nameKey",
	"liveEmails",
	"fieldKeys",
	"deleted",
	"lock",
]);

/** Names of the fields that differ between two states of a customer. */
export function changedFields(before: Customer, after: Customer): string[] {
	const names = new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof Customer>;
	return [...names].filter(
		(name) => !INTERNAL.has(name) && JSON.stringify(before[name]) !== JSON.stringify(after[name]),
	);
}
