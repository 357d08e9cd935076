import { Type } from "typebox";
import { defineEvent } from "./event-contract.ts";
import { Id, Nullable, Words } from "./fields.ts";

export const CUSTOMER_STATUSES = ["lead", "active", "inactive", "blocked", "merged", "erasing", "erased"] as const;

/** A customer, as other services keep a copy. Name and e-mail are personal data. */
export const CustomerData = Type.Object({
	name: Type.String(),
	primaryEmail: Nullable(Type.String()),
	status: Words(CUSTOMER_STATUSES),
	/** first is primary */
	companies: Type.Array(Type.Object({ id: Id, role: Words(["member", "manager"]) })),
	tags: Type.Array(Type.String()),
	deleted: Type.Boolean(),
	/** the customer that it was merged into; absent in events of early versions */
	mergedIntoId: Type.Optional(Nullable(Id)),
	/** names of the fields that changed */
	changed: Type.Array(Type.String()),
});

const customerEvent = (what: string, summary: string) =>
	defineEvent({ type: `customer.${what}`, aggregate: "customer", summary, data: CustomerData });

export const customerCreated = customerEvent("created", "A customer was made.");
export const customerUpdated = customerEvent("updated", "A customer changed.");
export const customerDeleted = customerEvent("deleted", "A customer was deleted and can be restored for 30 days.");
export const customerRestored = customerEvent("restored", "A deleted customer came back.");

export const customerMerged = defineEvent({
	type: "customer.merged",
	aggregate: "customer",
	summary: "A customer was merged into another; the event is about the one that is no more.",
	data: Type.Object({
		...CustomerData.properties,
		survivorId: Id,
		loserId: Id,
		/** the addresses that the survivor took over, normalised: personal data */
		movedEmails: Type.Array(Type.String()),
	}),
});

/** A company, as other services keep a copy. */
export const CompanyData = Type.Object({
	name: Type.String(),
	domains: Type.Array(Type.String()),
	shareTickets: Type.Boolean(),
	deleted: Type.Boolean(),
});

const companyEvent = (what: string, summary: string) =>
	defineEvent({ type: `company.${what}`, aggregate: "company", summary, data: CompanyData });

export const companyCreated = companyEvent("created", "A company was made.");
export const companyUpdated = companyEvent("updated", "A company changed.");
export const companyDeleted = companyEvent("deleted", "A company was removed.");

/** What of a custom field's definition others have to know. */
export const customFieldUpdated = defineEvent({
	type: "custom_field.updated",
	aggregate: "custom-field",
	summary: "The definition of a custom field changed.",
	data: Type.Object({
		target: Words(["customer", "company", "ticket"]),
		key: Type.String(),
		searchable: Type.Boolean(),
		archived: Type.Boolean(),
		/** names of the fields that changed */
		changed: Type.Array(Type.String()),
	}),
});
