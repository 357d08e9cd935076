import { VISIBILITIES } from "../../../contracts/knowledge-base-events.ts";
import { EVERYBODY } from "../../../contracts/ticket-audience.ts";
import type { Conditions } from "./filters.ts";
import type { SearchKind, SearchScopes } from "./index-types.ts";
import { codeOf, EVERY_ENTRY, keyToken } from "./tokens.ts";

/*
 * Expressions of the full-text table: who may find, what is filtered by, in which language.
 */

/** Entries with at least one of these key tokens. No text has such tokens, so no column need be named. */
export function keyMatch(space: number, keys: readonly string[]): string {
	const code = codeOf(space);
	return `(${[...new Set(keys)].map((key) => `"${code}${key}"`).join(" OR ")})`;
}

const NOBODY = keyToken("nobody", "");

/** What the caller may find at all, as expressions that must all hold; none if that is everything. */
export function scopeMatches<K extends SearchKind>(kind: K, space: number, scope: SearchScopes[K]): string[] {
	const among = (field: string, values: readonly string[]) =>
		keyMatch(space, values.length === 0 ? [NOBODY] : values.map((value) => keyToken(field, value)));
	if (kind === "ticket") {
		const { kind: field, words } = scope as SearchScopes["ticket"];
		return [among(field, field === "audience" && words.includes(EVERYBODY) ? [EVERYBODY] : words)];
	}
	if (kind === "customer") {
		const { ids } = scope as SearchScopes["customer"];
		return ids === null ? [] : [among("id", ids)];
	}
	const { visibilities } = scope as SearchScopes["article"];
	return VISIBILITIES.every((visibility) => visibilities.includes(visibility))
		? []
		: [among("visibility", visibilities)];
}

/** Each wish with what it falls back to: `de-AT` → `de-at`, `de` (RFC 4647, lookup). */
export function lookupChain(locales: readonly string[]): string[] {
	const chain: string[] = [];
	for (const locale of locales) {
		const parts = locale.toLowerCase().split(/[-_]/);
		for (let length = parts.length; length > 0; length--) {
			const tag = parts.slice(0, length).join("-");
			// A single letter introduces what follows it, and is no tag of its own.
			if (parts[length - 1]?.length !== 1 && !chain.includes(tag)) chain.push(tag);
		}
	}
	return chain;
}

/** Of each article the one language that the reader gets. */
export function languageMatch(space: number, locales: readonly string[]): string {
	const chain = lookupChain(locales);
	const without = (match: string, tags: readonly string[]) =>
		tags.length === 0
			? match
			: `(${match} NOT ${keyMatch(
					space,
					tags.map((tag) => keyToken("has", tag)),
				)})`;
	const wishes = chain.map((tag, index) => without(keyMatch(space, [keyToken("serves", tag)]), chain.slice(0, index)));
	return `(${[...wishes, without(keyMatch(space, [keyToken("default", "yes")]), chain)].join(" OR ")})`;
}

/** The conditions on key tokens, as expressions that must hold and as such that must not. */
export function conditionMatches(space: number, conditions: readonly Conditions[]): { must: string[]; not: string[] } {
	const must = conditions.flatMap((condition) =>
		condition.must.map((keys) => keyMatch(space, keys.length === 0 ? [NOBODY] : keys)),
	);
	const not = conditions.flatMap((condition) => condition.not);
	return { must, not: not.length === 0 ? [] : [keyMatch(space, not)] };
}

/** One expression out of those that must hold and those that must not. */
export function allOf(space: number, must: readonly string[], not: readonly string[]): string {
	const positive = must.length === 0 ? keyMatch(space, [EVERY_ENTRY]) : must.join(" AND ");
	return not.length === 0 ? positive : `(${positive}) NOT (${not.join(" OR ")})`;
}
