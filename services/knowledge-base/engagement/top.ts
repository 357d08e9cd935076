/** The `count` highest of the items by a number, ties by their name; a heap is not worth it for a few thousand. */
export function top<T>(
	items: Iterable<T>,
	numberOf: (item: T) => number,
	nameOf: (item: T) => string,
	count: number,
): T[] {
	return [...items]
		.filter((item) => numberOf(item) > 0)
		.sort((a, b) => numberOf(b) - numberOf(a) || (nameOf(a) < nameOf(b) ? -1 : 1))
		.slice(0, count);
}

/** A part of a whole, null where the whole is nothing. */
export function shareOf(part: number, whole: number): number | null {
	return whole === 0 ? null : part / whole;
}
