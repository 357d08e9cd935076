import { sharedKey } from "../lib/shared-memory.ts";

/**
 * Where the processes share how often a tenant's knowledge base was written: the knowledge base raises it with each
 * commit, before it answers, and whoever keeps answers of it for a while keeps them under the number that it read before
 * it asked.
 */
export function knowledgeBaseEditionKey(tenantId: string): string {
	return sharedKey(tenantId, "knowledge-base-edition");
}

/** For how long the number outlasts the last commit, ms; much longer than anybody keeps an answer. */
export const EDITION_TTL_MS = 24 * 3600 * 1000;
