import type { ActionSchema } from "moleculer";
import type { Static } from "typebox";
import {
	type CustomerDocument,
	customerDocuments,
	customerIds,
	customersByIds,
	searchableFields,
} from "../../contracts/search-documents.ts";
import type { ListSpec } from "../../lib/list-query.ts";
import { action, callerOf } from "../../mixins/action.ts";
import type { FieldTarget } from "../../models/custom-field.ts";
import { type Customer, customerModel } from "../../models/customer.ts";
import type { CustomerNote } from "../../models/customer-note.ts";
import { audienceOf, customerScope } from "./access.ts";
import { type Customers, companyNames, fieldsOf } from "./customers-store.ts";
import { maskName, maskText } from "./masking.ts";
import { customerView } from "./views.ts";

/** The newest notes of a customer that can be searched; nobody has written more. */
const MAX_NOTES = 1000;

const IN_ORDER: ListSpec = { filters: {}, sorts: ["createdAt"], defaultSort: "createdAt" };
const PAGE = 100;

/** The keys of the custom fields that can be searched. */
async function searchableKeys(from: Customers, tenantId: string, target: FieldTarget): Promise<string[]> {
	const fields = await fieldsOf(from, tenantId, target);
	return fields.filter(({ searchable }) => searchable).map(({ key }) => key);
}

/** The values of some custom fields as text. */
function textsOf(values: Record<string, unknown>, keys: readonly string[]): string[] {
	return keys
		.map((key) => (Object.hasOwn(values, key) ? values[key] : undefined))
		.filter((value) => value !== undefined && value !== null)
		.flatMap((value) => (Array.isArray(value) ? value.map(String) : [String(value)]));
}

/** The notes on customers of a tenant, by customer, oldest first. */
async function notesOn(from: Customers, tenantId: string, customers: readonly Customer[]) {
	const notes = new Map<string, CustomerNote[]>();
	for (const { _id, notesCount } of customers) {
		if (notesCount === 0) continue;
		const found = await from.notes.find(
			{ tenantId },
			{ customerId: _id },
			{ sort: { createdAt: -1, _id: -1 }, limit: MAX_NOTES },
		);
		notes.set(_id, found.reverse());
	}
	return notes;
}

function maskedFields(customer: Customer): ("name" | "externalId")[] {
	const { name, externalId } = customer;
	return [
		...(maskName(customer) === name ? [] : (["name"] as const)),
		...(externalId === undefined || maskText(externalId) === externalId ? [] : (["externalId"] as const)),
	];
}

/** Whoever is deleted, went up in another, was erased or is just being erased is not found. */
const isGone = ({ deleted, status }: Customer) => deleted || ["merged", "erasing", "erased"].includes(status);

/** Customers of one tenant with all that can be found in them. */
async function documentsOf(
	from: Customers,
	tenantId: string,
	customers: readonly Customer[],
): Promise<Static<typeof CustomerDocument>[]> {
	const live = customers.filter((customer) => !isGone(customer));
	const names = await namesOfCompanies(from, tenantId, live);
	const notes = await notesOn(from, tenantId, live);
	const keys = await searchableKeys(from, tenantId, "customer");
	return customers.map((customer) => ({
		id: customer._id,
		tenantId,
		version: customer.version,
		updatedAt: customer.updatedAt.toISOString(),
		gone: isGone(customer),
		name: customer.name,
		externalId: customer.externalId ?? null,
		masked: maskedFields(customer),
		emails: customer.emails.map(({ normalized }) => normalized),
		phones: [...new Set(customer.phones.flatMap(({ value, e164 }) => (e164 === null ? [value] : [value, e164])))],
		companies: customer.companies.map(({ id }) => names.get(id)).filter((name) => name !== undefined),
		companyIds: customer.companies.map(({ id }) => id),
		status: customer.status,
		tags: customer.tags,
		createdAt: customer.createdAt.toISOString(),
		custom: textsOf(customer.customFields, keys),
		notes: (notes.get(customer._id) ?? []).map(({ body }) => body),
	}));
}

/** A hundred customers can have more companies than one look-up takes. */
async function namesOfCompanies(from: Customers, tenantId: string, customers: readonly Customer[]) {
	const ids = [...new Set(customers.flatMap(({ companies }) => companies.map(({ id }) => id)))];
	const names = new Map<string, string>();
	for (let at = 0; at < ids.length; at += PAGE)
		for (const [id, name] of await companyNames(from, { tenantId }, ids.slice(at, at + PAGE))) names.set(id, name);
	return names;
}

/** The next customers of all tenants in the order of their ids, with what can be found in them. */
async function pageAfter(from: Customers, after: string | null, limit: number) {
	const rows = await from.store
		.model(customerModel)
		.find(after === null ? {} : { _id: { $gt: after } })
		.sort({ _id: 1 })
		.limit(limit)
		.lean<Customer[]>();
	const documents: Static<typeof CustomerDocument>[] = [];
	for (const [tenantId, customers] of Map.groupBy(rows, (row) => row.tenantId))
		documents.push(...(await documentsOf(from, tenantId, customers)));
	return { documents, next: rows.length < limit ? null : (rows.at(-1)?._id ?? null) };
}

/** What the search service asks: documents for its index, and customers for those who searched. */
export function searchActions(from: Customers): Record<string, ActionSchema> {
	const { customers, store } = from;
	return {
		searchDocuments: action(customerDocuments.byIds, async ({ params: { tenantId, ids } }) =>
			documentsOf(from, tenantId, await customers.find({ tenantId }, { _id: { $in: [...new Set(ids)] } })),
		),
		searchPage: action(customerDocuments.page, async ({ params: { after, limit } }) => pageAfter(from, after, limit)),
		searchIds: action(customerIds, async ({ params: { tenantId, companyId, cursor } }) => {
			const common = companyId === undefined ? [] : [{ "companies.id": companyId }];
			const params = { limit: PAGE, ...(cursor ? { cursor } : {}) };
			const { data, page } = await customers.list({ tenantId, filter: { deleted: false } }, IN_ORDER, params, common);
			return { ids: data.map(({ _id }) => _id), next: page.nextCursor };
		}),
		searchSettled: action(customerDocuments.settled, async () => {
			await store.flush();
			return null;
		}),
		searchableFields: action(searchableFields, async ({ params: { tenantId, target } }) =>
			searchableKeys(from, tenantId, target),
		),
		byIds: action(customersByIds, async (ctx) => {
			const caller = callerOf(ctx);
			const scope = customerScope(caller, "customers.read");
			const found = await customers.find(scope, { _id: { $in: [...new Set(ctx.params.ids)] } });
			const names = await companyNames(
				from,
				scope,
				found.map((customer) => customer.companies[0]?.id),
			);
			return found.map((customer) => customerView(customer, audienceOf(caller), names));
		}),
	};
}
