import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { CompanyData, CustomerData } from "./customers-events.ts";
import { Email, Id, Nullable } from "./fields.ts";

/** A customer with the version it had, as tickets keep it. */
export const CustomerSnapshot = Type.Object({ id: Id, version: Type.Integer(), ...CustomerData.properties });
export const CompanySnapshot = Type.Object({ id: Id, version: Type.Integer(), ...CompanyData.properties });

/** The customers and companies of a tenant with these ids, deleted ones too; unknown ids are left out. */
export const snapshots = defineAction({
	name: "customers.snapshots",
	access: "internal",
	summary: "Customers and companies of the tenant by id",
	body: strict({
		tenantId: Id,
		customerIds: Type.Optional(Type.Array(Id, { maxItems: 100 })),
		companyIds: Type.Optional(Type.Array(Id, { maxItems: 100 })),
	}),
	result: Type.Object({ customers: Type.Array(CustomerSnapshot), companies: Type.Array(CompanySnapshot) }),
});

/** The customer with this e-mail address, made where there is none. Runs as the caller of the request. */
export const findOrCreate = defineAction({
	name: "customers.findOrCreate",
	access: "internal",
	summary: "The customer with an e-mail address, made where there is none",
	body: strict({
		tenantId: Id,
		email: Email,
		name: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 255 }))),
	}),
	result: Type.Object({ customer: CustomerSnapshot, created: Type.Boolean() }),
});
