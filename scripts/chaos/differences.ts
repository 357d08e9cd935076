import type { PatientClient } from "./client.ts";

/** Differences between what must be and what is, each in words; none is what is wanted. */
export type Differences = string[];

/** A page of any list. */
export interface Page<T> {
	data: T[];
	page: { nextCursor: string | null; total?: number | { value: number } };
}

/** Every row of a list, by its pages. */
export async function everything<T>(client: PatientClient, token: string, route: string): Promise<T[]> {
	const rows: T[] = [];
	for (let cursor = ""; ; ) {
		const page = await client.read<Page<T>>(token, `${route}${route.includes("?") ? "&" : "?"}limit=100${cursor}`);
		rows.push(...page.data);
		if (page.page.nextCursor === null) return rows;
		cursor = `&cursor=${page.page.nextCursor}`;
	}
}

/** Notes where something is not what it must be. */
export function compare(differences: Differences, what: string, is: unknown, mustBe: unknown): void {
	if (JSON.stringify(is) !== JSON.stringify(mustBe))
		differences.push(`${what} is ${JSON.stringify(is)}, must be ${JSON.stringify(mustBe)}`);
}

/** Notes keys that are there more than once. */
export function once(differences: Differences, what: string, keys: readonly string[]): void {
	const seen = new Set<string>();
	for (const key of keys) {
		if (seen.has(key)) differences.push(`${what} ${key} is there twice`);
		seen.add(key);
	}
}
