import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { CompanyView } from "./customers-views.ts";
import { CustomFields, Id, Nullable, Tags } from "./fields.ts";
import { defineList } from "./list-contract.ts";
import { CUSTOM_FIELDS_FILTER, TAG_FILTERS } from "./shared-filters.ts";

const ById = strict({ id: Id });

const CompanyFields = {
	externalId: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 255 }))),
	/** domain names such as `example.com` */
	domains: Type.Optional(Nullable(Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { maxItems: 50 }))),
	tags: Type.Optional(Nullable(Tags)),
	customFields: Type.Optional(Nullable(CustomFields)),
	notes: Type.Optional(Nullable(Type.String({ minLength: 1, maxLength: 16_384 }))),
	shareTickets: Type.Optional(Type.Boolean()),
};
const Name = Type.String({ minLength: 1, maxLength: 255 });

export const createCompany = defineAction({
	name: "customers.createCompany",
	access: "customers.write",
	rest: ["POST /companies", "POST /customers/companies"],
	summary: "Make a company",
	description:
		"New customers with an e-mail address at one of its `domains` are linked to it. A domain or externalId that " +
		"another company has answers 409 `duplicate` with `existingId`. `shareTickets` lets every member see all tickets " +
		"of the company. Companies are under `/companies` and `/customers/companies` alike.",
	body: strict({ name: Name, ...CompanyFields }),
	result: CompanyView,
	status: 201,
	headers: ({ id }) => ({ Location: `/api/companies/${id}` }),
});

export const COMPANY_LIST = {
	filters: {
		name: { type: "string", path: "nameKey", operators: ["eq", "in"] },
		domain: { type: "string", path: "domains", operators: ["eq", "in"] },
		...TAG_FILTERS,
		externalId: { type: "string", operators: ["eq", "in"] },
		createdAt: { type: "instant" },
		updatedAt: { type: "instant" },
		customFields: CUSTOM_FIELDS_FILTER,
	},
	sorts: ["createdAt", "updatedAt", "name"],
	sortPaths: { name: "nameKey" },
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listCompanies = defineList({
	name: "customers.listCompanies",
	access: "customers.read",
	rest: ["GET /companies", "GET /customers/companies"],
	summary: "List companies",
	description: "`name` finds the whole name, whatever its case.",
	list: COMPANY_LIST,
	item: CompanyView,
});

export const getCompany = defineAction({
	name: "customers.getCompany",
	access: "customers.read",
	rest: ["GET /companies/:id", "GET /customers/companies/:id"],
	summary: "Show a company",
	path: ById,
	result: CompanyView,
});

export const updateCompany = defineAction({
	name: "customers.updateCompany",
	access: "customers.write",
	rest: [
		"PUT /companies/:id",
		"PATCH /companies/:id",
		"PUT /customers/companies/:id",
		"PATCH /customers/companies/:id",
	],
	summary: "Change a company",
	description: "Only the fields that the body names change; null clears. Links of customers stay as they are.",
	path: ById,
	body: strict({ name: Type.Optional(Name), ...CompanyFields }),
	result: CompanyView,
	ifMatch: true,
});

export const deleteCompany = defineAction({
	name: "customers.deleteCompany",
	access: "customers.delete",
	rest: ["DELETE /companies/:id", "DELETE /customers/companies/:id"],
	summary: "Remove a company",
	description:
		"For good. While customers belong to it this answers 409 `company_has_customers`, unless `force=true` unlinks " +
		"them first; the customers themselves stay.",
	path: ById,
	query: strict({ force: Type.Optional(Type.Boolean()) }),
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

/** Every action on companies that a client can call. */
export const companyContracts = [createCompany, listCompanies, getCompany, updateCompany, deleteCompany];
