import { isDeepStrictEqual } from "node:util";
import { type ProblemItem, validationFailed } from "../../../lib/problem.ts";
import type { Customer } from "../../../models/customer.ts";
import type { CustomerMerge, Gained } from "../../../models/customer-merge.ts";
import { emails, phones } from "../contact-kinds.ts";
import type { ContactKind, ContactPoint } from "../contact-points.ts";
import { fieldKeys } from "../custom-field-filters.ts";

/*
 * What two customers become when they are merged. The survivor wins: none of its values is changed. What it has several
 * of is joined, and what it has nothing of is taken from the other.
 */

/** The fields of which a customer has one value or none. */
const SCALARS = ["externalId", "title", "avatarUrl", "locale", "timeZone"] as const;

/** How many of each a customer can have. */
const MOST = { emails: 10, phones: 10, companies: 20, tags: 50 } as const;

function joined<T>(first: readonly T[], second: readonly T[], key: (one: T) => string): T[] {
	const known = new Set(first.map(key));
	return [...first, ...second.filter((one) => !known.has(key(one)))];
}

/** Only the first is primary. */
function inOrder<P extends ContactPoint>(points: readonly P[]): P[] {
	return points.map((point, index) => ({ ...point, primary: index === 0 }));
}

function contacts<P extends ContactPoint>(kind: ContactKind<P>, first: readonly P[], second: readonly P[]): P[] {
	return inOrder(joined(first, second, (point) => kind.key(point)));
}

/** A lead that takes in somebody who has asked for help is a lead no more. */
function mergedStatus(survivor: Customer, loser: Customer): Customer["status"] {
	return survivor.status === "lead" && ["active", "inactive"].includes(loser.status) ? "active" : survivor.status;
}

function later(a: Date | null, b: Date | null): Date | null {
	return a && b ? (a > b ? a : b) : (a ?? b);
}

/** Throws 422 where both together have more of something than a customer can have. */
function checkSizes(merged: Customer): void {
	const errors: ProblemItem[] = (Object.keys(MOST) as (keyof typeof MOST)[])
		.filter((field) => merged[field].length > MOST[field])
		.map((field) => ({
			pointer: `/${field}`,
			code: "maxItems",
			message: `Together they have ${merged[field].length} ${field}; there can be at most ${MOST[field]}.`,
		}));
	if (errors.length > 0) throw validationFailed(errors);
}

/**
 * The survivor after it has taken in the loser. Pure.
 * @throws 422 where both together have more addresses, numbers, companies or tags than a customer can have
 */
export function mergedCustomer(survivor: Customer, loser: Customer): Customer {
	const customFields = { ...loser.customFields, ...present(survivor.customFields) };
	const ownEmails = contacts(emails, survivor.emails, loser.emails);
	const merged: Customer = {
		...survivor,
		...Object.fromEntries(SCALARS.map((field) => [field, survivor[field] ?? loser[field]])),
		emails: ownEmails,
		liveEmails: ownEmails.length > 0 ? ownEmails.map(({ normalized }) => normalized) : undefined,
		phones: contacts(phones, survivor.phones, loser.phones),
		companies: joined(survivor.companies, loser.companies, ({ id }) => id),
		tags: joined(survivor.tags, loser.tags, (tag) => tag),
		customFields,
		fieldKeys: fieldKeys(customFields),
		status: mergedStatus(survivor, loser),
		lastSeenAt: later(survivor.lastSeenAt, loser.lastSeenAt),
	};
	checkSizes(merged);
	return merged;
}

const present = (fields: Record<string, unknown>) =>
	Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));

const added = <T>(before: readonly T[], after: readonly T[], key: (one: T) => string): string[] => {
	const known = new Set(before.map(key));
	return after.map(key).filter((one) => !known.has(one));
};

/** What a merge has given to the survivor. */
export function gainedBy(before: Customer, after: Customer): Gained {
	const differs = (field: (typeof SCALARS)[number]) => !isDeepStrictEqual(before[field], after[field]);
	return {
		emails: added(before.emails, after.emails, emails.key),
		phones: added(before.phones, after.phones, phones.key),
		companies: added(before.companies, after.companies, ({ id }) => id),
		tags: added(before.tags, after.tags, (tag) => tag),
		scalars: Object.fromEntries(SCALARS.filter(differs).map((field) => [field, after[field]])),
		customFields: Object.fromEntries(
			Object.entries(after.customFields).filter(([key, value]) => !isDeepStrictEqual(before.customFields[key], value)),
		),
		status: before.status === after.status ? null : before.status,
	};
}

/** The survivor without what a merge gave it, as far as nobody has changed that since. Pure. */
export function withoutGained(customer: Customer, gained: Gained): Customer {
	const not = (list: readonly string[]) => (value: string) => !list.includes(value);
	const keptEmails = inOrder(customer.emails.filter((point) => not(gained.emails)(emails.key(point))));
	const customFields = Object.fromEntries(
		Object.entries(customer.customFields).filter(([key, value]) => !isDeepStrictEqual(gained.customFields[key], value)),
	);
	const emptied = SCALARS.filter(
		(field) => field in gained.scalars && isDeepStrictEqual(customer[field], gained.scalars[field]),
	);
	return {
		...customer,
		...Object.fromEntries(emptied.map((field) => [field, field === "externalId" ? undefined : null])),
		emails: keptEmails,
		liveEmails: keptEmails.length > 0 ? keptEmails.map(({ normalized }) => normalized) : undefined,
		phones: inOrder(customer.phones.filter((point) => not(gained.phones)(phones.key(point)))),
		companies: customer.companies.filter(({ id }) => not(gained.companies)(id)),
		tags: customer.tags.filter(not(gained.tags)),
		customFields,
		fieldKeys: fieldKeys(customFields),
		// Who asked for help meanwhile stays what that made of it.
		status: gained.status === null || customer.ticketCounters.total > 0 ? customer.status : gained.status,
	};
}

/**
 * The loser as it was before the merge, without addresses and an external id that others have taken meanwhile. Pure.
 */
export function restoredLoser(
	loser: Customer,
	given: CustomerMerge["loser"],
	free: { emails: readonly string[]; externalId: string | undefined },
): Customer {
	const live = free.emails.length > 0 ? [...free.emails] : undefined;
	return {
		...loser,
		status: given.status,
		mergedIntoId: null,
		mergedAt: null,
		emails: inOrder(loser.emails.filter(({ normalized }) => free.emails.includes(normalized))),
		liveEmails: live,
		externalId: free.externalId,
	};
}
