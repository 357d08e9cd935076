import type { TenantCaller } from "../../contracts/caller.ts";
import { canonicalLocale } from "../../lib/locale.ts";
import { invalidField } from "../../lib/problem.ts";

/** The languages that a request wishes for, strongest first. */
export interface Wishes {
	asked?: string | null | undefined;
	acceptLanguage?: string | null | undefined;
	user?: string | null | undefined;
	tenant?: string | null | undefined;
}

export function wishesOf(caller: TenantCaller, acceptLanguage: string | undefined, asked?: string): Wishes {
	return { asked, acceptLanguage, user: caller.locale, tenant: caller.tenant.locale };
}

/** A language as it is kept. Throws 422 at `pointer` for what is none. */
export function localeAt(pointer: string, tag: string): string {
	const locale = canonicalLocale(tag);
	if (locale === null) throw invalidField(pointer, "This is no language tag such as en or de-AT.", "locale");
	return locale;
}

/** The languages that do for one that is asked for, itself first: `de-AT`, `de` (RFC 4647, lookup). */
export function acceptable(tag: string): string[] {
	const locale = canonicalLocale(tag);
	if (locale === null) return [];
	const found = [locale];
	for (let rest = locale; rest.includes("-"); ) {
		rest = rest.replace(/(-[^-])?-[^-]*$/, "");
		found.push(rest);
	}
	return found;
}
