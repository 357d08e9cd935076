import { companyCreated } from "../../contracts/customers-events.ts";
import { newId } from "../../lib/ids.ts";
import { invalidField } from "../../lib/problem.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Company } from "../../models/company.ts";
import type { CompanyLink } from "../../models/customer.ts";
import { type LinkInput, patchLinks } from "./company-links.ts";
import type { Customers } from "./customers-store.ts";
import { domainOf, isPublicMail } from "./domains.ts";
import { orStartOver } from "./duplicates.ts";
import { cleanName, nameKey } from "./names.ts";
import { companyData } from "./views.ts";

/** The oldest company of a name, whatever its case, made where there is none. Two at once make one. */
async function findOrMakeCompany({ companies }: Customers, tx: Transaction, text: string): Promise<string> {
	const { tenantId } = tx.command;
	const name = cleanName(text, "/company");
	const key = nameKey(name);
	const sort = { nameKey: 1, _id: 1 } as const;
	const [known] = await companies.find({ tenantId }, { nameKey: key }, { tx, limit: 1, sort });
	if (known) return known._id;
	const fields: Omit<Company, "version" | "createdAt" | "updatedAt"> = {
		_id: newId(),
		tenantId,
		name,
		nameKey: key,
		madeByName: key,
		tags: [],
		customFields: {},
		fieldKeys: [],
		notes: null,
		shareTickets: false,
	};
	const made = await orStartOver(companies.create(tx, fields));
	await tx.emit(companyCreated, made, companyData(made));
	return made._id;
}

/** Throws 422 where a link that is new names a company that is not there. */
async function checkLinks(
	{ companies }: Customers,
	tx: Transaction,
	links: readonly CompanyLink[],
	current: readonly CompanyLink[],
): Promise<void> {
	const fresh = links.map((link) => link.id).filter((id) => !current.some((link) => link.id === id));
	if (fresh.length === 0) return;
	const found = await companies.find({ tenantId: tx.command.tenantId }, { _id: { $in: fresh } }, { tx });
	const missing = fresh.find((id) => !found.some((company) => company._id === id));
	if (missing === undefined) return;
	const pointer = fresh.length === 1 && links.length === 1 ? "/companyId" : "/companyIds";
	throw invalidField(pointer, `There is no company ${missing}.`, "not_found");
}

type CompanyInput = Omit<LinkInput, "namedId"> & { company?: string | null | undefined };

/** A customer's companies after a change; a company named by `company` is found or made. */
export async function linkCompanies(
	from: Customers,
	tx: Transaction,
	current: readonly CompanyLink[],
	input: CompanyInput,
): Promise<CompanyLink[]> {
	const { company, ...links } = input;
	// Both given is refused before anything is made.
	if (company) patchLinks(current, { ...links, namedId: company });
	const namedId = company ? await findOrMakeCompany(from, tx, company) : company;
	const after = patchLinks(current, { ...links, namedId });
	await checkLinks(from, tx, after, current);
	return after;
}

/** The company that owns the domain of one of these normalised addresses, public mail providers aside. */
export async function companyOfEmails(
	{ companies }: Customers,
	tx: Transaction,
	emails: readonly string[],
): Promise<CompanyLink[]> {
	const domains = [...new Set(emails.map(domainOf))].filter((domain) => !isPublicMail(domain));
	if (domains.length === 0) return [];
	const { tenantId } = tx.command;
	const found = await companies.find({ tenantId }, { domains: { $in: domains } }, { tx, limit: domains.length });
	const owner = domains
		.map((domain) => found.find((company) => company.domains?.includes(domain)))
		.find((company) => company !== undefined);
	return owner ? [{ id: owner._id, role: "member" }] : [];
}
