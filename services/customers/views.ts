import type { Static } from "typebox";
import type { CompanyData, CustomerData } from "../../contracts/customers-events.ts";
import type { CompanySnapshot, CustomerSnapshot } from "../../contracts/customers-internal.ts";
import type { CompanyView, CustomerView, CustomFieldView, NoteView } from "../../contracts/customers-views.ts";
import { maskEmail } from "../../lib/masking.ts";
import type { Company } from "../../models/company.ts";
import type { CustomFieldDef } from "../../models/custom-field.ts";
import type { Customer, CustomerEmail, CustomerPhone } from "../../models/customer.ts";
import type { CustomerNote } from "../../models/customer-note.ts";
import type { Entity } from "../../models/model.ts";
import type { Audience } from "./access.ts";
import { maskName, maskPhone, maskText } from "./masking.ts";

const instant = (date: Date | null) => date?.toISOString() ?? null;

const identity = ({ _id, version, createdAt, updatedAt }: Entity) => ({
	id: _id,
	version,
	createdAt: createdAt.toISOString(),
	updatedAt: updatedAt.toISOString(),
});

function emailView({ value, normalized, primary, verifiedAt }: CustomerEmail, masked: boolean) {
	const shown = masked ? maskEmail(normalized) : null;
	return { value: shown ?? value, normalized: shown ?? normalized, primary, verifiedAt: instant(verifiedAt) };
}

function phoneView({ value, e164, primary }: CustomerPhone, masked: boolean) {
	const shown = masked ? maskPhone(value) : null;
	return { value: shown ?? value, e164: e164 === null ? null : (shown ?? e164), primary };
}

/** What only the desk is shown of a customer. */
function deskView({ externalId, tags, customFields, notesCount }: Customer, masked: boolean) {
	const shownId = externalId !== undefined && masked ? maskText(externalId) : externalId;
	return { externalId: shownId ?? null, tags, customFields, notesCount };
}

/** A customer as its reader may see it; `companyNames` knows the primary company. */
export function customerView(
	customer: Customer,
	audience: Audience,
	companyNames: ReadonlyMap<string, string>,
): Static<typeof CustomerView> {
	const masked = audience === "masked";
	const emails = customer.emails.map((email) => emailView(email, masked));
	const phones = customer.phones.map((phone) => phoneView(phone, masked));
	const [primary] = customer.companies;
	const companyName = primary && companyNames.get(primary.id);
	const { open, total, lastTicketAt } = customer.ticketCounters;
	return {
		...identity(customer),
		tenantId: customer.tenantId,
		name: masked ? maskName(customer) : customer.name,
		email: emails[0]?.value ?? null,
		emails,
		phone: phones[0]?.value ?? null,
		phones,
		companyId: primary?.id ?? null,
		company: primary && companyName !== undefined ? { id: primary.id, name: companyName } : null,
		companyIds: customer.companies.map((link) => link.id),
		companies: customer.companies.map(({ id, role }) => ({ id, role })),
		status: customer.status,
		title: customer.title,
		avatarUrl: customer.avatarUrl,
		locale: customer.locale,
		timeZone: customer.timeZone,
		...(audience === "self" ? {} : deskView(customer, masked)),
		ticketCounters: { open, total, lastTicketAt: instant(lastTicketAt) },
		lastSeenAt: instant(customer.lastSeenAt),
		deletedAt: instant(customer.deletedAt),
		mergedIntoId: customer.mergedIntoId,
		mergedAt: instant(customer.mergedAt),
		erasedAt: instant(customer.erasedAt),
	};
}

/** A company as its reader may see it. */
export function companyView(company: Company, audience: Audience): Static<typeof CompanyView> {
	const { externalId, name, domains = [], tags, customFields, notes, shareTickets } = company;
	const shown = {
		...identity(company),
		externalId: externalId ?? null,
		name,
		domains,
		tags,
		customFields,
		shareTickets,
	};
	return audience === "full" ? { ...shown, notes } : shown;
}

export function noteView(note: CustomerNote): Static<typeof NoteView> {
	const { customerId, body, authorId, authorName } = note;
	return { ...identity(note), customerId, body, authorId, author: { id: authorId, name: authorName } };
}

export function customFieldView(field: CustomFieldDef): Static<typeof CustomFieldView> {
	const { target, key, label, type, options, required, regex, searchable, pii = false, archived } = field;
	return { ...identity(field), target, key, label, type, options, required, regex, searchable, pii, archived };
}

/** A customer as events carry it. */
export function customerData(customer: Customer, changed: string[]): Static<typeof CustomerData> {
	const { name, emails, status, companies, tags, deleted, mergedIntoId } = customer;
	return {
		name,
		primaryEmail: emails[0]?.value ?? null,
		status,
		companies: companies.map(({ id, role }) => ({ id, role })),
		tags,
		deleted,
		mergedIntoId,
		changed,
	};
}

/** A company as events carry it. */
export function companyData(company: Company, deleted = false): Static<typeof CompanyData> {
	return { name: company.name, domains: company.domains ?? [], shareTickets: company.shareTickets, deleted };
}

export function customerSnapshot(customer: Customer): Static<typeof CustomerSnapshot> {
	return { id: customer._id, version: customer.version, ...customerData(customer, []) };
}

export function companySnapshot(company: Company): Static<typeof CompanySnapshot> {
	return { id: company._id, version: company.version, ...companyData(company) };
}
