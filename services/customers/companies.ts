import type { ActionSchema } from "moleculer";
import { COMPANY_LIST, createCompany, getCompany, listCompanies, updateCompany } from "../../contracts/companies.ts";
import { companyCreated, companyUpdated } from "../../contracts/customers-events.ts";
import { newId } from "../../lib/ids.ts";
import type { Condition } from "../../lib/list-query.ts";
import { action, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Company } from "../../models/company.ts";
import { audienceOf, staffScope } from "./access.ts";
import { NO_COMPANY, patchCompany } from "./company-draft.ts";
import { fieldFilters } from "./custom-field-filters.ts";
import { type Customers, fieldsOf } from "./customers-store.ts";
import { duplicate, orStartOver } from "./duplicates.ts";
import { nameKey } from "./names.ts";
import { inStoredForm, tagForm } from "./read-customers.ts";
import { companyData, companyView } from "./views.ts";

type Claims = Pick<Company, "domains" | "externalId">;

/** Throws 409 `duplicate` with `existingId` where another company of the tenant has a domain or the external id. */
async function refuseDuplicates(
	{ companies }: Customers,
	tx: Transaction,
	claims: Claims,
	own?: Company,
): Promise<void> {
	const { tenantId } = tx.command;
	const others = async (claim: Record<string, unknown>) => {
		const found = await companies.find({ tenantId }, claim, { tx, limit: 2 });
		return found.find((company) => company._id !== own?._id);
	};
	const { domains = [], externalId } = claims;
	const owner = domains.length > 0 ? await others({ domains: { $in: domains } }) : undefined;
	if (owner) {
		const index = domains.findIndex((domain) => owner.domains?.includes(domain));
		const message = `The company ${owner.name} has the domain ${domains[index]} already.`;
		throw duplicate(`/domains/${index}`, message, { existingId: owner._id });
	}
	const namesake = externalId === undefined ? undefined : await others({ externalId });
	if (namesake)
		throw duplicate("/externalId", "There is a company with this external id already.", {
			existingId: namesake._id,
		});
}

/** Names are asked for whatever their case, domains in lower case. */
const FORMS = { name: nameKey, domain: (text: string) => text.toLowerCase(), tag: tagForm, tagAny: tagForm };

export function companyActions(from: Customers): Record<string, ActionSchema> {
	const { companies, store } = from;
	return {
		createCompany: action(createCompany, async (ctx) => {
			const caller = callerOf(ctx);
			const { tenantId } = staffScope(caller);
			return store.commit(commandOf(ctx), async (tx) => {
				const rules = await fieldsOf(from, tenantId, "company", tx);
				const fields = patchCompany(NO_COMPANY, ctx.params, { rules, requireAll: true });
				await refuseDuplicates(from, tx, fields);
				const made = await orStartOver(companies.create(tx, { ...fields, _id: newId(), tenantId }));
				await tx.emit(companyCreated, made, companyData(made));
				return companyView(made, audienceOf(caller));
			});
		}),
		listCompanies: action(listCompanies, async (ctx) => {
			const caller = callerOf(ctx);
			const scope = staffScope(caller);
			const { customFields, ...filter } = inStoredForm(ctx.params.filter, FORMS);
			const own = customFields
				? fieldFilters(await fieldsOf(from, scope.tenantId, "company"), customFields as Record<string, Condition>)
				: [];
			const { data, page } = await companies.list(scope, COMPANY_LIST, { ...ctx.params, filter }, own);
			return { data: data.map((company) => companyView(company, audienceOf(caller))), page };
		}),
		getCompany: action(getCompany, async (ctx) => {
			const caller = callerOf(ctx);
			return companyView(await companies.require(staffScope(caller), ctx.params.id), audienceOf(caller));
		}),
		updateCompany: action(updateCompany, async (ctx) => {
			const caller = callerOf(ctx);
			const scope = staffScope(caller);
			const { id, ifVersion, ...input } = ctx.params;
			return store.commit(commandOf(ctx), async (tx) => {
				const before = await companies.require(scope, id, tx);
				checkVersion(before, ifVersion);
				const rules = input.customFields !== undefined ? await fieldsOf(from, scope.tenantId, "company", tx) : [];
				const draft = patchCompany(before, input, { rules });
				await refuseDuplicates(from, tx, draft, before);
				const after = await orStartOver(companies.update(tx, before, draft));
				if (after.version !== before.version) await tx.emit(companyUpdated, after, companyData(after));
				return companyView(after, audienceOf(caller));
			});
		}),
	};
}
