import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { CompanyData, CustomerData } from "./customers-events.ts";
import { CustomerView, FIELD_TARGETS } from "./customers-views.ts";
import { CustomFields, Id, Instant, Nullable, Words } from "./fields.ts";
import { TagChange } from "./ticket-relations.ts";

/** A customer with the version it had, as tickets keep it. */
export const CustomerSnapshot = Type.Object({ id: Id, version: Type.Integer(), ...CustomerData.properties });
export const CompanySnapshot = Type.Object({ id: Id, version: Type.Integer(), ...CompanyData.properties });

/**
 * The customers and companies of a tenant with these ids, deleted customers too; unknown ids, and companies that were
 * removed, are left out. `changed` is empty.
 */
export const snapshots = defineAction({
	name: "customers.snapshots",
	access: "internal",
	idempotent: true,
	summary: "Customers and companies of the tenant by id",
	body: strict({
		tenantId: Id,
		customerIds: Type.Optional(Type.Array(Id, { maxItems: 100 })),
		companyIds: Type.Optional(Type.Array(Id, { maxItems: 100 })),
	}),
	result: Type.Object({ customers: Type.Array(CustomerSnapshot), companies: Type.Array(CompanySnapshot) }),
});

/**
 * The customer with this e-mail address, made (as a lead, its name from the address where none is given) where there is
 * none. A deleted customer with the address comes back: writing in again is taken as a wish to be known. Safe to call
 * many times at once. Runs as the caller of the request. Throws 422 at `/email` for what is no address.
 *
 * `create: false` only looks, and answers null for `customer` where there is none. A saga names the `id` that the new
 * customer shall have and itself: what it made can then be taken back by `discard`, unless somebody else found it first.
 */
export const findOrCreate = defineAction({
	name: "customers.findOrCreate",
	access: "internal",
	summary: "The customer with an e-mail address, made where there is none",
	body: strict({
		tenantId: Id,
		email: Type.String({ minLength: 1, maxLength: 400 }),
		name: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 255 }))),
		create: Type.Optional(Type.Boolean()),
		/** when they were in touch, where that is long past: whoever was erased since is refused with 409 `suppressed` */
		contactAt: Type.Optional(Instant),
		id: Type.Optional(Id),
		sagaId: Type.Optional(Id),
	}),
	result: Type.Object({
		customer: Type.Unsafe<Static<typeof CustomerSnapshot>>(Nullable(CustomerSnapshot)),
		created: Type.Boolean(),
	}),
});

/**
 * Takes back a customer that `findOrCreate` has just made for something that then failed. Does nothing to one that was
 * changed since, was found by somebody else than the saga that made it, or has tickets.
 */
export const discard = defineAction({
	name: "customers.discard",
	access: "internal",
	summary: "Take back a customer made for something that failed",
	body: strict({ tenantId: Id, customerId: Id, sagaId: Type.Optional(Id) }),
	result: Type.Object({ discarded: Type.Boolean() }),
});

/**
 * Values of custom fields as they are to be stored, checked against the tenant's definitions for the target: what the
 * body names is merged over `current`, null clears. Throws 422 with pointers `/customFields/<key>`; `requireAll` also
 * asks for every required field.
 */
export const checkCustomFields = defineAction({
	name: "customers.checkCustomFields",
	access: "internal",
	idempotent: true,
	summary: "Custom field values checked and in their stored form",
	body: strict({
		tenantId: Id,
		target: Words(FIELD_TARGETS),
		values: CustomFields,
		current: Type.Optional(CustomFields),
		requireAll: Type.Optional(Type.Boolean()),
	}),
	result: CustomFields,
});

/** What of the tenant's custom fields for a target others have to know: types and which are required. */
export const fieldRules = defineAction({
	name: "customers.fieldRules",
	access: "internal",
	idempotent: true,
	summary: "The custom fields of a target",
	body: strict({ tenantId: Id, target: Words(FIELD_TARGETS) }),
	result: Type.Array(
		Type.Object({ key: Type.String(), type: Type.String(), required: Type.Boolean(), archived: Type.Boolean() }),
	),
});

/** Adds tags to a customer and takes others from it, at once: `tags` and `add` mean the same. */
export const changeCustomerTags = defineAction({
	name: "customers.changeTags",
	access: "customers.write",
	summary: "Add tags to a customer and take others from it",
	path: strict({ id: Id }),
	body: TagChange,
	result: CustomerView,
	ifMatch: true,
});
