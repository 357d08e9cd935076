import type { ActionSchema } from "moleculer";
import { CUSTOMER_LIST, getCustomer, listCustomers } from "../../contracts/customers.ts";
import { normalizeEmail } from "../../lib/email.ts";
import type { Condition, ListParams } from "../../lib/list-query.ts";
import { Problem } from "../../lib/problem.ts";
import { action, callerOf } from "../../mixins/action.ts";
import type { Customer } from "../../models/customer.ts";
import { type Audience, audienceOf, checkFilters, customerScope } from "./access.ts";
import { fieldFilters } from "./custom-field-filters.ts";
import { type Customers, companyNames, fieldsOf } from "./customers-store.ts";
import { companyView, customerView } from "./views.ts";

type Filter = Record<string, unknown>;

/** A condition with each of its texts in another form. */
export function mapTexts(condition: Condition | undefined, form: (text: string) => string): Condition {
	const one = (value: unknown) => (typeof value === "string" ? form(value) : value);
	return Object.fromEntries(
		Object.entries(condition ?? {}).map(([operator, value]) => [
			operator,
			Array.isArray(value) ? value.map(one) : one(value),
		]),
	);
}

/** Tags are kept in lower case, so they are asked for in it. */
export const tagForm = (text: string) => text.trim().normalize("NFC").toLowerCase();
/** What is no address is nobody's. */
const emailForm = (text: string) => normalizeEmail(text) ?? text;

/** Puts the texts of the conditions named in `forms` into the form in which they are stored. */
export function inStoredForm(
	filter: ListParams["filter"],
	forms: Record<string, (text: string) => string>,
): Record<string, Condition> {
	return Object.fromEntries(
		Object.entries(filter ?? {}).map(([name, condition]) => {
			const form = Object.hasOwn(forms, name) ? forms[name] : undefined;
			return [name, form ? mapTexts(condition, form) : condition];
		}),
	);
}

/** The conditions of a request, apart into what the list's spec translates and what we do. */
async function conditionsOf(from: Customers, tenantId: string, filter: ListParams["filter"]) {
	const { customFields, deleted, ...rest } = inStoredForm(filter, {
		tag: tagForm,
		tagAny: tagForm,
		email: emailForm,
	});
	const own: Filter[] = customFields
		? fieldFilters(await fieldsOf(from, tenantId, "customer"), customFields as Record<string, Condition>)
		: [];
	// Not by the status, which is no longer "merged" once the one that took it in is erased.
	if (!rest.status) own.push({ mergedAt: null });
	const { companyId } = rest;
	if (companyId && "eq" in companyId && companyId.eq === null) {
		delete rest.companyId;
		own.push({ companies: { $size: 0 } });
	}
	return { filter: rest, own, deleted: deleted?.eq === true };
}

/** The companies of the customers of a page, for `include=company`. */
async function includedCompanies(from: Customers, tenantId: string, page: Customer[], audience: Audience) {
	const ids = [...new Set(page.map((customer) => customer.companies[0]?.id).filter((id) => id !== undefined))];
	if (ids.length === 0) return { company: [] };
	const found = await from.companies.find({ tenantId }, { _id: { $in: ids } });
	const brief = audience === "self";
	return {
		company: found.map((company) => (brief ? { id: company._id, name: company.name } : companyView(company, audience))),
	};
}

/** A customer may have been merged several times in a row; more often than that is taken for a mistake. */
const MAX_MERGES = 10;

/** Sends the reader of a merged customer on. Throws 301 with the address of the one that took it in. */
async function redirectMerged({ customers }: Customers, merged: Customer): Promise<void> {
	let { mergedIntoId } = merged;
	if (merged.status !== "merged" || !mergedIntoId) return;
	for (let hop = 1; hop < MAX_MERGES; hop++) {
		const next: Customer | null = await customers.get({ tenantId: merged.tenantId }, mergedIntoId);
		if (!next?.mergedIntoId) break;
		mergedIntoId = next.mergedIntoId;
	}
	throw new Problem(301, "moved", "The customer was merged into another.", {
		headers: { Location: `/api/customers/${mergedIntoId}` },
		extra: { mergedIntoId },
	});
}

export function readActions(from: Customers): Record<string, ActionSchema> {
	const { customers } = from;
	return {
		get: action(getCustomer, async (ctx) => {
			const caller = callerOf(ctx);
			const scope = customerScope(caller, "customers.read", ctx.params.deleted === true);
			const customer = await customers.require(scope, ctx.params.id);
			if (ctx.params.follow !== false) await redirectMerged(from, customer);
			const names = await companyNames(from, scope, [customer.companies[0]?.id]);
			return customerView(customer, audienceOf(caller), names);
		}),
		list: action(listCustomers, async (ctx) => {
			const caller = callerOf(ctx);
			checkFilters(caller, ctx.params.filter);
			const { tenant } = caller;
			const { filter, own, deleted } = await conditionsOf(from, tenant.id, ctx.params.filter);
			const scope = customerScope(caller, "customers.read", deleted);
			const { data, page } = await customers.list(scope, CUSTOMER_LIST, { ...ctx.params, filter }, own);
			const audience = audienceOf(caller);
			const names = await companyNames(
				from,
				scope,
				data.map((customer) => customer.companies[0]?.id),
			);
			return {
				data: data.map((customer) => customerView(customer, audience, names)),
				page,
				...(ctx.params.include?.includes("company")
					? { included: await includedCompanies(from, tenant.id, data, audience) }
					: {}),
			};
		}),
	};
}
