import { type Answer, type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

/** Only what is searched, and what stands in front of it. */
export const SERVICES = "gateway,identity,customers,tickets,knowledge-base,search";

export const startSearchDesk = (env: Record<string, string> = {}): Promise<Desk> =>
	startDesk({ env: { SERVICES, ...env } });

/** A hit of any search, with the fields that these tests look at. */
export interface Hit {
	id: string;
	score: number;
	highlights: Record<string, string[]>;
	matchedTerms: string[];
	name?: string;
	title?: string;
	subject?: string;
	number?: number;
	anchor?: string | null;
	locale?: string;
	isFallback?: boolean;
	fallbackLocale?: string | null;
}

export interface Results {
	data: Hit[];
	page: { nextCursor: string | null; prevCursor: null; hasMore: boolean; limit: number; total?: number };
	relaxed: boolean;
	searchId?: string;
}

/** Makes something; fails where that is refused. */
export async function make<T extends { id: string } = { id: string }>(
	client: Client,
	route: string,
	body: unknown,
): Promise<T> {
	const { status, body: made } = await client<T>("POST", route, { body });
	if (status >= 300) throw new Error(`${route} answered ${status}: ${JSON.stringify(made)}`);
	return made;
}

/** What a search finds when everything written before it is in the index; fails where it is refused. */
export async function search(
	client: Client,
	what: "customers" | "tickets" | "knowledge-base",
	q: string,
	more: Record<string, string> = {},
): Promise<Results> {
	const parameters = new URLSearchParams({ q, count: "true", consistency: "wait", ...more });
	const { status, body } = await client<Results>("GET", `/${what}/search?${parameters}`);
	if (status !== 200) throw new Error(`${q} answered ${status}: ${JSON.stringify(body)}`);
	return body;
}

/** The ids of what is found, best first. */
export const idsOf = ({ data }: Results) => data.map(({ id }) => id);

/** An article that can be read by everybody, unless told otherwise. */
export const article = (tenant: DeskTenant, fields: Record<string, unknown>) =>
	make(tenant.as.owner, "/knowledge-base/articles", {
		body: "Text.",
		status: "published",
		visibility: "public",
		...fields,
	});

export const customer = (tenant: DeskTenant, fields: Record<string, unknown>) =>
	make(tenant.as.owner, "/customers", fields);

export const ticket = (tenant: DeskTenant, fields: Record<string, unknown>) =>
	make<{ id: string; number: number }>(tenant.as.owner, "/tickets", { description: "Hello.", ...fields });

export type { Answer, Client, Desk, DeskTenant };
