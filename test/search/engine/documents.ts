import type { SearchDocuments, SearchScopes } from "../../../services/search/engine/index-types.ts";

/* Documents with little in them, for tests to fill. */

export const TENANT = "tenant-a";
export const STAFF: SearchScopes["ticket"] = { kind: "audience", words: ["*"] };
export const PUBLIC: SearchScopes["article"] = { visibilities: ["public"] };
export const AGENTS: SearchScopes["article"] = { visibilities: ["public", "customers", "agents"] };
export const ALL_CUSTOMERS: SearchScopes["customer"] = { ids: null };

const common = { tenantId: TENANT, version: 1, updatedAt: "2026-01-01T00:00:00.000Z", gone: false };

export function ticket(id: string, changes: Partial<SearchDocuments["ticket"]> = {}): SearchDocuments["ticket"] {
	return {
		...common,
		id,
		audience: ["*"],
		customerAudience: ["c:customer-1"],
		number: 1,
		subject: "",
		status: "open",
		priority: "normal",
		type: "question",
		channel: "email",
		groupId: null,
		assigneeId: null,
		customerId: "customer-1",
		companyId: null,
		tags: [],
		createdAt: "2026-01-01T00:00:00.000Z",
		requester: { name: null, email: null, nameIsMasked: false },
		custom: [],
		publicMessages: [],
		internalNotes: [],
		...changes,
	};
}

export function customer(id: string, changes: Partial<SearchDocuments["customer"]> = {}): SearchDocuments["customer"] {
	return {
		...common,
		id,
		name: "",
		externalId: null,
		masked: [],
		emails: [],
		phones: [],
		companies: [],
		companyIds: [],
		status: "active",
		tags: [],
		createdAt: "2026-01-01T00:00:00.000Z",
		custom: [],
		notes: [],
		...changes,
	};
}

export function article(id: string, changes: Partial<SearchDocuments["article"]> = {}): SearchDocuments["article"] {
	return {
		...common,
		id,
		locale: "en",
		defaultLocale: "en",
		visibility: "public",
		categoryId: null,
		categoryIds: [],
		title: "",
		summary: null,
		tags: [],
		sections: [],
		views30d: 0,
		wilson: 0,
		publishedAt: "2026-01-01T00:00:00.000Z",
		...changes,
	};
}

/** The text of an article, as one section without a heading. */
export function body(...texts: string[]): SearchDocuments["article"]["sections"] {
	return texts.map((text) => ({ heading: null, anchor: null, text }));
}
