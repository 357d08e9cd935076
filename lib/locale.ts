/** A BCP 47 language tag in its canonical spelling (`de-at` → `de-AT`), or null for a text that is none. */
export function canonicalLocale(tag: string): string | null {
	try {
		return Intl.getCanonicalLocales(tag)[0] ?? null;
	} catch {
		return null;
	}
}
