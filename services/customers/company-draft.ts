import type { updateCompany } from "../../contracts/companies.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import { invalidField } from "../../lib/problem.ts";
import { normalizeTags } from "../../lib/tags.ts";
import type { Company } from "../../models/company.ts";
import { fieldKeys } from "./custom-field-filters.ts";
import { type FieldRule, patchFields } from "./custom-field-values.ts";
import { cleanExternalId } from "./customer-draft.ts";
import { normalizeDomains } from "./domains.ts";
import { cleanName, nameKey } from "./names.ts";

/** What a client may say about a company. */
export type CompanyInput = Omit<ParamsOf<typeof updateCompany>, "id" | "ifVersion">;

/** A company without what the store gives it. */
export type CompanyFields = Omit<Company, "_id" | "tenantId" | "version" | "createdAt" | "updatedAt">;

export const NO_COMPANY: CompanyFields = {
	name: "",
	nameKey: "",
	tags: [],
	customFields: {},
	fieldKeys: [],
	notes: null,
	shareTickets: false,
};

const MAX_NOTES_BYTES = 16 * 1024;

function cleanNotes(text: string): string {
	const notes = text.toWellFormed();
	if (Buffer.byteLength(notes) > MAX_NOTES_BYTES)
		throw invalidField("/notes", "Notes have at most 16 KB.", "maxLength");
	return notes;
}

/** A company after a change (merge patch). Pure. Throws 422 for what is not acceptable. */
export function patchCompany<C extends CompanyFields>(
	before: C,
	input: CompanyInput,
	{ rules, requireAll = false }: { rules: readonly FieldRule[]; requireAll?: boolean },
): C {
	const { externalId, notes } = input;
	const name = input.name === undefined ? before.name : cleanName(input.name);
	const domains = input.domains === undefined ? (before.domains ?? []) : normalizeDomains(input.domains ?? []);
	const given = input.customFields === undefined ? {} : input.customFields;
	const customFields = patchFields(rules, before.customFields, given, { requireAll });
	return {
		...before,
		name,
		nameKey: nameKey(name),
		// Renamed, it no longer stands for the name it was made by.
		madeByName: nameKey(name) === before.madeByName ? before.madeByName : undefined,
		externalId:
			externalId === undefined ? before.externalId : externalId === null ? undefined : cleanExternalId(externalId),
		domains: domains.length > 0 ? domains : undefined,
		tags: input.tags === undefined ? before.tags : normalizeTags(input.tags ?? []),
		notes: notes === undefined ? before.notes : notes === null ? null : cleanNotes(notes),
		shareTickets: input.shareTickets ?? before.shareTickets,
		customFields,
		fieldKeys: fieldKeys(customFields),
	};
}
