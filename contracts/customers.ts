import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { companyContracts } from "./companies.ts";
import { defineAction, strict } from "./contract.ts";
import { customFieldContracts } from "./custom-fields.ts";
import { erasureContracts } from "./customer-erasure.ts";
import { customerMergeContracts } from "./customer-merge.ts";
import { CUSTOMER_STATUSES } from "./customers-events.ts";
import { CustomerView, LINK_ROLES, NoteView } from "./customers-views.ts";
import { CustomFields, Id, Locale, Nullable, Tags, TimeZone, Words } from "./fields.ts";
import { defineList } from "./list-contract.ts";
import { CUSTOM_FIELDS_FILTER, TAG_FILTERS } from "./shared-filters.ts";

const ById = strict({ id: Id });
const Name = Type.String({ minLength: 1, maxLength: 255 });
/** checked and normalised by the service */
const EmailText = Type.String({ minLength: 1, maxLength: 400 });
const PhoneText = Type.String({ minLength: 1, maxLength: 64 });
const ExternalId = Type.String({ minLength: 1, maxLength: 255 });

/** An address or number alone, or with the word that it is the primary one. */
const Listed = (text: typeof EmailText) =>
	Type.Array(Type.Union([text, strict({ value: text, primary: Type.Optional(Type.Boolean()) })]), { maxItems: 10 });

const CustomerFields = {
	name: Type.Optional(Nullable(Name)),
	email: Type.Optional(Nullable(EmailText)),
	emails: Type.Optional(Nullable(Listed(EmailText))),
	phone: Type.Optional(Nullable(PhoneText)),
	phones: Type.Optional(Nullable(Listed(PhoneText))),
	companyId: Type.Optional(Nullable(Id)),
	/** a name: found or made */
	company: Type.Optional(Nullable(Name)),
	companyIds: Type.Optional(Nullable(Type.Array(Id, { maxItems: 20 }))),
	companies: Type.Optional(
		Nullable(Type.Array(strict({ id: Id, role: Type.Optional(Words(LINK_ROLES)) }), { maxItems: 20 })),
	),
	externalId: Type.Optional(Nullable(ExternalId)),
	status: Type.Optional(Words(["lead", "active", "inactive", "blocked"])),
	tags: Type.Optional(Nullable(Tags)),
	title: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 128 }))),
	avatarUrl: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 2048 }))),
	locale: Type.Optional(Nullable(Locale)),
	timeZone: Type.Optional(Nullable(TimeZone)),
	customFields: Type.Optional(Nullable(CustomFields)),
};

export const createCustomer = defineAction({
	name: "customers.create",
	access: "customers.write",
	rest: "POST /customers",
	summary: "Make a customer",
	description:
		"At least one of name, email and phone. `email` and `phone` are the primary values, `emails` and `phones` take " +
		"several, as text or as `{value, primary}`. `company` is a name that is found or made; without any company, one " +
		"that owns the e-mail's domain is linked, public mail providers aside. An e-mail address or externalId that " +
		"somebody has answers 409 `duplicate` with `existingId`, and `existingDeleted: true` where that customer is " +
		"deleted and can be restored.",
	body: strict(CustomerFields),
	result: CustomerView,
	status: 201,
	headers: ({ id }) => ({ Location: `/api/customers/${id}` }),
});

/** How customers may be asked for. Which of the filters a caller may use depends on what it may see. */
export const CUSTOMER_LIST = {
	filters: {
		status: { type: "string", values: CUSTOMER_STATUSES },
		...TAG_FILTERS,
		companyId: { type: "id", path: "companies.id", nullable: true, operators: ["eq", "in"] },
		email: { type: "string", path: "liveEmails", operators: ["eq", "in"] },
		externalId: { type: "string", operators: ["eq", "in"] },
		createdAt: { type: "instant" },
		updatedAt: { type: "instant" },
		deleted: { type: "boolean", operators: ["eq"] },
		customFields: CUSTOM_FIELDS_FILTER,
	},
	sorts: ["createdAt", "updatedAt", "name"],
	sortPaths: { name: "nameKey" },
	defaultSort: "-createdAt",
	includes: ["company"],
} satisfies ListSpec;

export const listCustomers = defineList({
	name: "customers.list",
	access: "customers.read",
	rest: "GET /customers",
	summary: "List customers",
	description:
		"`tag` repeated means all of them, `tagAny=a,b` one of them. `customFields[plan]=gold` compares with the field's " +
		"own type. Customers that were merged into others are left out unless `status` asks for them. Deleted customers are left out; `deleted=true` lists only those (with `customers.delete`). Readers " +
		"who see addresses masked cannot filter by them, and a customer's own token lists only itself.",
	list: CUSTOMER_LIST,
	item: CustomerView,
});

export const getCustomer = defineAction({
	name: "customers.get",
	access: "customers.read",
	rest: "GET /customers/:id",
	summary: "Show a customer",
	description:
		"A deleted customer answers 404, unless `deleted=true` asks for it (with `customers.delete`). One that was merged " +
		"answers 301 with the address of the customer that took it in, unless `follow=false` asks for what is left of it.",
	path: ById,
	query: strict({ deleted: Type.Optional(Type.Boolean()), follow: Type.Optional(Type.Boolean()) }),
	result: CustomerView,
});

export const updateCustomer = defineAction({
	name: "customers.update",
	access: "customers.write",
	rest: ["PUT /customers/:id", "PATCH /customers/:id"],
	summary: "Change a customer",
	description:
		"Only the fields that the body names change; null clears (JSON Merge Patch). `email`, `phone` and `companyId` " +
		"replace the primary one of several, or make one that is already there the primary. A customer's own token may " +
		"change name, phone, phones, title, avatarUrl, locale and timeZone. A status that cannot follow the present one " +
		"answers 409 `invalid_transition`.",
	path: ById,
	body: strict(CustomerFields),
	result: CustomerView,
	ifMatch: true,
});

export const deleteCustomer = defineAction({
	name: "customers.delete",
	access: "customers.delete",
	rest: "DELETE /customers/:id",
	summary: "Delete a customer",
	description:
		"The customer can be restored for 30 days and keeps its addresses until then. With tickets that are not done " +
		"this answers 409 `customer_has_open_tickets`, unless `force=true`.",
	path: ById,
	query: strict({ force: Type.Optional(Type.Boolean()) }),
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const restoreCustomer = defineAction({
	name: "customers.restore",
	access: "customers.delete",
	rest: "POST /customers/:id/restore",
	summary: "Bring a deleted customer back",
	description: "Later than 30 days after the deletion this answers 410 `gone`. One that is not deleted stays as it is.",
	path: ById,
	result: CustomerView,
});

const NoteById = strict({ id: Id, noteId: Id });
/** markdown; 16 KB at most, measured in bytes by the service */
const NoteBody = Type.String({ minLength: 1, maxLength: 16_384 });

export const NOTE_LIST = {
	filters: { authorId: { type: "id", me: true, operators: ["eq", "in"] }, createdAt: { type: "instant" } },
	sorts: ["createdAt"],
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listNotes = defineList({
	name: "customers.listNotes",
	access: "customers.pii",
	rest: "GET /customers/:id/notes",
	summary: "List the notes on a customer",
	description: "Notes are the desk's own: customers never see them, nor do readers without `customers.pii`.",
	path: ById,
	list: NOTE_LIST,
	item: NoteView,
});

export const createNote = defineAction({
	name: "customers.createNote",
	access: "customers.write",
	rest: "POST /customers/:id/notes",
	summary: "Write a note on a customer",
	path: ById,
	body: strict({ body: NoteBody }),
	result: NoteView,
	status: 201,
	headers: ({ id, customerId }) => ({ Location: `/api/customers/${customerId}/notes/${id}` }),
});

export const getNote = defineAction({
	name: "customers.getNote",
	access: "customers.pii",
	rest: "GET /customers/:id/notes/:noteId",
	summary: "Show a note",
	path: NoteById,
	result: NoteView,
});

export const updateNote = defineAction({
	name: "customers.updateNote",
	access: "customers.write",
	rest: ["PUT /customers/:id/notes/:noteId", "PATCH /customers/:id/notes/:noteId"],
	summary: "Rewrite a note",
	description: "For its author, and for supervisors, admins, owners and integrations.",
	path: NoteById,
	body: strict({ body: Type.Optional(NoteBody) }),
	result: NoteView,
	ifMatch: true,
});

export const deleteNote = defineAction({
	name: "customers.deleteNote",
	access: "customers.write",
	rest: "DELETE /customers/:id/notes/:noteId",
	summary: "Remove a note",
	description: "For its author, and for supervisors, admins, owners and integrations.",
	path: NoteById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const listTags = defineAction({
	name: "customers.listTags",
	access: "customers.read",
	rest: ["GET /customers/tags", "GET /tags"],
	summary: "The tags that customers carry",
	description: "In alphabetical order; `prefix` narrows them down, as a field that completes tags needs.",
	query: strict({
		prefix: Type.Optional(Type.String({ maxLength: 64 })),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
	}),
	result: Type.Object({ data: Type.Array(Type.Object({ name: Type.String() })) }),
});

/** Every action of the customers service that a client can call. */
export const customersContracts = [
	createCustomer,
	listCustomers,
	listTags,
	getCustomer,
	updateCustomer,
	deleteCustomer,
	restoreCustomer,
	listNotes,
	createNote,
	getNote,
	updateNote,
	deleteNote,
	...customerMergeContracts,
	...erasureContracts,
	...companyContracts,
	...customFieldContracts,
];
