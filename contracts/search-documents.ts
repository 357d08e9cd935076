import { type TSchema, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { CustomerView, FIELD_TARGETS } from "./customers-views.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { VISIBILITIES } from "./knowledge-base-events.ts";
import { TicketView } from "./tickets-views.ts";

/*
 * What the search index is made of. The index is derived data: an event says that something changed, and its owner is
 * asked for what it is now. `version` never goes back, so that a late answer never overwrites a newer one.
 */

const Common = {
	id: Id,
	tenantId: Id,
	version: Type.Integer(),
	updatedAt: Instant,
	/** deleted, or otherwise not to be found by anybody */
	gone: Type.Boolean(),
};

/** A ticket with all that can be found in it. */
export const TicketDocument = Type.Object({
	...Common,
	/** the words by which staff and customers find it: see `contracts/ticket-audience.ts` */
	audience: Type.Array(Type.String()),
	customerAudience: Type.Array(Type.String()),
	number: Type.Integer(),
	subject: Type.String(),
	status: Type.String(),
	priority: Type.String(),
	type: Type.String(),
	channel: Type.String(),
	groupId: Nullable(Id),
	assigneeId: Nullable(Id),
	customerId: Id,
	companyId: Nullable(Id),
	tags: Type.Array(Type.String()),
	createdAt: Instant,
	requester: Type.Object({
		name: Nullable(Type.String()),
		email: Nullable(Type.String()),
		/** the name gives the address away, so that it is for readers with `customers.pii` only */
		nameIsMasked: Type.Boolean(),
	}),
	/** values of searchable custom fields, as text */
	custom: Type.Array(Type.String()),
	/** of public messages, oldest first */
	publicMessages: Type.Array(Type.String()),
	/** of internal notes, oldest first */
	internalNotes: Type.Array(Type.String()),
});

/** A customer with all that can be found in it. */
export const CustomerDocument = Type.Object({
	...Common,
	name: Type.String(),
	externalId: Nullable(Type.String()),
	/** which of these give an address or number away, so that they are for readers with `customers.pii` only */
	masked: Type.Array(Words(["name", "externalId"])),
	/** normalised addresses */
	emails: Type.Array(Type.String()),
	/** as written, and in E.164 where they could be read */
	phones: Type.Array(Type.String()),
	companies: Type.Array(Type.String()),
	companyIds: Type.Array(Id),
	status: Type.String(),
	tags: Type.Array(Type.String()),
	createdAt: Instant,
	custom: Type.Array(Type.String()),
	notes: Type.Array(Type.String()),
});

/** A published article in one language. `id` is the article's; the index keeps one entry for each language. */
export const ArticleDocument = Type.Object({
	...Common,
	locale: Type.String(),
	defaultLocale: Type.String(),
	/** the stricter of its own and its categories' */
	visibility: Words(VISIBILITIES),
	categoryId: Nullable(Id),
	/** the category and all above it */
	categoryIds: Type.Array(Id),
	title: Type.String(),
	summary: Nullable(Type.String()),
	tags: Type.Array(Type.String()),
	/** the text before the first heading has no anchor */
	sections: Type.Array(
		Type.Object({ heading: Nullable(Type.String()), anchor: Nullable(Type.String()), text: Type.String() }),
	),
	views30d: Type.Integer(),
	/** lower bound of the share of helpful votes, 0 to 1 */
	wilson: Type.Number(),
	publishedAt: Instant,
});

const ids = strict({ tenantId: Id, ids: Type.Array(Id, { maxItems: 100 }) });
/** every tenant's, in the order of ids, beginning after one: for building the index from nothing */
const page = strict({ after: Nullable(Id), limit: Type.Integer({ minimum: 1, maximum: 100 }) });

const documentsOf = <T extends ReturnType<typeof Type.Object>>(service: string, what: string, document: T) => ({
	/** Those of the tenant with these ids; one that never was, or is no longer stored, is left out. */
	byIds: defineAction({
		name: `${service}.searchDocuments`,
		access: "internal",
		idempotent: true,
		summary: `${what} by id, with all that can be found in them`,
		body: ids,
		result: Type.Array(document),
	}),
	/** `next` is the id to go on after, null at the end. */
	page: defineAction({
		name: `${service}.searchPage`,
		access: "internal",
		idempotent: true,
		summary: `${what} of all tenants, page by page, with all that can be found in them`,
		body: page,
		result: Type.Object({ documents: Type.Array(document), next: Nullable(Id) }),
	}),
	/** Resolves when everything the service has committed so far, or heard of, is in the event log. */
	settled: defineAction({
		name: `${service}.searchSettled`,
		access: "internal",
		idempotent: true,
		summary: "Wait until every change so far is in the event log",
		result: Type.Null(),
	}),
});

/** Ids of live things of a tenant, page by page, that have something in common: what a fan-out goes through. */
const idsOf = <F extends Record<string, TSchema>>(name: string, summary: string, common: F) =>
	defineAction({
		name,
		access: "internal",
		summary,
		body: strict({ tenantId: Id, cursor: Type.Optional(Nullable(Type.String({ maxLength: 4000 }))), ...common }),
		result: Type.Object({ ids: Type.Array(Id), next: Nullable(Type.String()) }),
	});

/** The tenant's tickets, or those of one customer. */
export const ticketIds = idsOf("tickets.searchIds", "Tickets of a tenant or of one customer", {
	customerId: Type.Optional(Id),
});

/** The tenant's customers, or those of one company. */
export const customerIds = idsOf("customers.searchIds", "Customers of a tenant or of one company", {
	companyId: Type.Optional(Id),
});

const found = strict({ ids: Type.Array(Id, { maxItems: 100 }) });

/** Tickets as the caller of the request may see them, as its list shows them; those it may not see are left out. */
export const ticketsByIds = defineAction({
	name: "tickets.byIds",
	access: "tickets.read",
	idempotent: true,
	summary: "Tickets by id, as the caller may see them",
	body: found,
	result: Type.Array(TicketView),
});

/** Customers as the caller of the request may see them, as its list shows them; those it may not see are left out. */
export const customersByIds = defineAction({
	name: "customers.byIds",
	access: "customers.read",
	idempotent: true,
	summary: "Customers by id, as the caller may see them",
	body: found,
	result: Type.Array(CustomerView),
});

/** Which custom fields of a target can be searched, by key. */
export const searchableFields = defineAction({
	name: "customers.searchableFields",
	access: "internal",
	idempotent: true,
	summary: "Keys of the custom fields that can be searched",
	body: strict({ tenantId: Id, target: Words(FIELD_TARGETS) }),
	result: Type.Array(Type.String()),
});

export const ticketDocuments = documentsOf("tickets", "Tickets", TicketDocument);
export const customerDocuments = documentsOf("customers", "Customers", CustomerDocument);
/** All published languages of each article; an article with none is answered as one that is gone. */
export const articleDocuments = documentsOf("knowledge-base", "Articles", ArticleDocument);

/** Which tickets the caller of the request finds: one of these words is among the ticket's of that kind. */
export const ticketSearchScope = defineAction({
	name: "tickets.searchScope",
	access: "internal",
	idempotent: true,
	summary: "By which words the caller finds tickets",
	result: Type.Object({
		kind: Words(["audience", "customerAudience"]),
		words: Type.Array(Type.String()),
	}),
});
