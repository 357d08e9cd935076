import { Type } from "typebox";
import { CUSTOMER_STATUSES } from "./customers-events.ts";
import { CustomFields, Id, Instant, Named, Nullable, Words } from "./fields.ts";

export const LINK_ROLES = ["member", "manager"] as const;
export const FIELD_TARGETS = ["customer", "company", "ticket"] as const;
export const FIELD_TYPES = [
	"text",
	"number",
	"integer",
	"boolean",
	"date",
	"datetime",
	"url",
	"select",
	"multiselect",
] as const;

export const EmailView = Type.Object({
	value: Type.String(),
	/** the form in which addresses are compared */
	normalized: Type.String(),
	primary: Type.Boolean(),
	verifiedAt: Nullable(Instant),
});

export const PhoneView = Type.Object({
	value: Type.String(),
	/** null where the number names no country or cannot be read */
	e164: Nullable(Type.String()),
	primary: Type.Boolean(),
});

export const CompanyLink = Type.Object({ id: Id, role: Words(LINK_ROLES) });

/**
 * A customer as its reader may see it. Addresses and numbers are masked for readers without `customers.pii`; what is
 * only the desk's business (tags, externalId, customFields, notesCount) is absent where a customer reads.
 */
export const CustomerView = Type.Object({
	id: Id,
	tenantId: Id,
	version: Type.Integer(),
	createdAt: Instant,
	updatedAt: Instant,
	externalId: Type.Optional(Nullable(Type.String())),
	name: Type.String(),
	email: Nullable(Type.String()),
	emails: Type.Array(EmailView),
	phone: Nullable(Type.String()),
	phones: Type.Array(PhoneView),
	/** the first of `companies` */
	companyId: Nullable(Id),
	company: Nullable(Named),
	companyIds: Type.Array(Id),
	companies: Type.Array(CompanyLink),
	status: Words(CUSTOMER_STATUSES),
	title: Nullable(Type.String()),
	avatarUrl: Nullable(Type.String()),
	locale: Nullable(Type.String()),
	timeZone: Nullable(Type.String()),
	tags: Type.Optional(Type.Array(Type.String())),
	customFields: Type.Optional(CustomFields),
	notesCount: Type.Optional(Type.Integer()),
	ticketCounters: Type.Object({
		open: Type.Integer(),
		total: Type.Integer(),
		lastTicketAt: Nullable(Instant),
	}),
	lastSeenAt: Nullable(Instant),
	deletedAt: Nullable(Instant),
	mergedIntoId: Nullable(Id),
	mergedAt: Nullable(Instant),
	erasedAt: Nullable(Instant),
});

/** A company. `notes` are absent for readers without `customers.pii`. */
export const CompanyView = Type.Object({
	id: Id,
	version: Type.Integer(),
	createdAt: Instant,
	updatedAt: Instant,
	externalId: Nullable(Type.String()),
	name: Type.String(),
	domains: Type.Array(Type.String()),
	tags: Type.Array(Type.String()),
	customFields: CustomFields,
	notes: Type.Optional(Nullable(Type.String())),
	shareTickets: Type.Boolean(),
});

export const NoteView = Type.Object({
	id: Id,
	customerId: Id,
	version: Type.Integer(),
	body: Type.String(),
	authorId: Id,
	author: Named,
	createdAt: Instant,
	updatedAt: Instant,
});

export const CustomFieldView = Type.Object({
	id: Id,
	version: Type.Integer(),
	createdAt: Instant,
	updatedAt: Instant,
	target: Words(FIELD_TARGETS),
	key: Type.String(),
	label: Type.String(),
	type: Words(FIELD_TYPES),
	options: Type.Array(Type.String()),
	required: Type.Boolean(),
	regex: Nullable(Type.String()),
	searchable: Type.Boolean(),
	/** holds personal data: values on tickets go when the requester is erased */
	pii: Type.Boolean(),
	archived: Type.Boolean(),
});
