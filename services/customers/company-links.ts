import { invalidField } from "../../lib/problem.ts";
import type { CompanyLink } from "../../models/customer.ts";

const MAX_LINKS = 20;

/** What a client says about a customer's companies. `namedId` is the company that `company` named. */
export interface LinkInput {
	companyId?: string | null | undefined;
	namedId?: string | null | undefined;
	companyIds?: string[] | null | undefined;
	companies?: { id: string; role?: "member" | "manager" }[] | null | undefined;
}

/** Whether a body says anything about companies. */
export function saysCompanies(input: Record<string, unknown>): boolean {
	return ["companyId", "company", "companyIds", "companies"].some((name) => input[name] !== undefined);
}

function listed(current: readonly CompanyLink[], input: LinkInput): CompanyLink[] | undefined {
	const roleOf = (id: string) => current.find((link) => link.id === id)?.role ?? "member";
	if (input.companies && input.companyIds)
		throw invalidField("/companyIds", "Give companies or companyIds, not both.", "conflict");
	const given = input.companies ?? input.companyIds?.map((id) => ({ id, role: undefined }));
	if (!given) return input.companies === null || input.companyIds === null ? [] : undefined;
	const links = new Map<string, CompanyLink>();
	for (const { id, role } of given) if (!links.has(id)) links.set(id, { id, role: role ?? roleOf(id) });
	return [...links.values()];
}

/**
 * A customer's companies after a change, the primary first. `companies` or `companyIds` replace all links (roles of
 * those that stay are kept; null means none), `companyId` or a company's name the primary one, unless it was linked already and only
 * moves up; null takes the primary away.
 */
export function patchLinks(current: readonly CompanyLink[], input: LinkInput): CompanyLink[] {
	if (input.companyId && input.namedId)
		throw invalidField("/company", "Give company or companyId, not both.", "conflict");
	const replaced = listed(current, input);
	const links = replaced ?? [...current];
	const primaryId =
		input.companyId ?? input.namedId ?? (input.companyId === null || input.namedId === null ? null : undefined);
	if (primaryId === undefined) return links;
	if (primaryId === null) return replaced ? links : links.slice(1);
	const primary = links.find((link) => link.id === primaryId);
	const others = links.filter((link) => link.id !== primaryId);
	const kept = primary || replaced ? others : others.slice(1);
	if (kept.length >= MAX_LINKS) throw invalidField("/companyId", `There can be at most ${MAX_LINKS}.`, "maxItems");
	return [primary ?? { id: primaryId, role: "member" }, ...kept];
}
