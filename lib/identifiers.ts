/** What a person may be called in texts that others wrote. */
export interface Identifiers {
	readonly names: readonly string[];
	/** e-mail addresses and other words that mean one person, whatever their case */
	readonly addresses: readonly string[];
	/** telephone numbers, in any way of writing them */
	readonly numbers: readonly string[];
}

/** Shorter parts of a name are words of every language. */
const MIN_PART = 3;
const MIN_DIGITS = 6;

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
const longestFirst = (words: Iterable<string>) => [...new Set(words)].sort((a, b) => b.length - a.length);

/**
 * A number's digits with anything that people put between them; of an international one also the ways to write it in its
 * country, whose code has up to three digits.
 */
function numberPatterns(number: string): string[] {
	const digits: string[] = number.match(/\p{Nd}/gu) ?? [];
	const written = (some: readonly string[]) => some.join("[\\s()./\\u2010-\\u2015\\x2d]*");
	const codes = /^\s*(\+|00)/.test(number) ? [1, 2, 3] : [];
	return [
		...(digits.length < MIN_DIGITS ? [] : [`(?:\\+|00)?${written(digits)}`]),
		...codes
			.map((length) => digits.slice(length))
			.filter(({ length }) => length > MIN_DIGITS)
			.map((national) => `(?:\\(?0\\)?[\\s/]*)?${written(national)}`),
	];
}

/** Not in the middle of a longer word. */
const whole = (alternatives: readonly string[]) => `(?<![\\p{L}\\p{N}])(?:${alternatives.join("|")})(?![\\p{L}\\p{N}])`;

/**
 * Makes a function that puts `instead` in the place of whatever names a person: whole names, addresses and numbers
 * whatever their case, and the single parts of names (of three letters or more) written just so.
 */
export function scrubber(identifiers: Identifiers, instead: string): (text: string) => string {
	const { names, addresses, numbers } = identifiers;
	const anyCase = [
		...longestFirst([...names, ...addresses].filter((word) => word.trim() !== "")).map(escaped),
		...longestFirst(numbers).flatMap(numberPatterns),
	];
	const parts = names.flatMap((name) => name.split(/[\s,;]+/u)).filter((part) => [...part].length >= MIN_PART);
	const patterns = [
		...(anyCase.length > 0 ? [new RegExp(whole(anyCase), "giu")] : []),
		...(parts.length > 0 ? [new RegExp(whole(longestFirst(parts).map(escaped)), "gu")] : []),
	];
	return (text) => patterns.reduce((scrubbed, pattern) => scrubbed.replace(pattern, () => instead), text);
}

/** The same in every text within a value of JSON, keys left alone. The very value comes back where nothing was found. */
export function scrubDeep<T>(value: T, scrub: (text: string) => string): T {
	if (typeof value === "string") return scrub(value) as T;
	if (Array.isArray(value)) {
		const items = value.map((item) => scrubDeep(item, scrub));
		return items.some((item, index) => item !== value[index]) ? (items as T) : value;
	}
	if (value === null || typeof value !== "object" || value instanceof Date) return value;
	const entries = Object.entries(value).map(([key, item]) => [key, scrubDeep(item, scrub)] as const);
	const changed = entries.some(([key, item]) => item !== (value as Record<string, unknown>)[key]);
	return changed ? (Object.fromEntries(entries) as T) : value;
}
