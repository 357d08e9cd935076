/** Which bytes of a content are wanted: the first and the last. */
export interface Range {
	first: number;
	last: number;
}

/**
 * The bytes that a `Range` header asks for: null for all of them, also where it asks for several pieces or in another
 * unit, which may be left aside (RFC 9110); `unsatisfiable` where there are no such bytes.
 */
export function rangeOf(header: string | undefined, size: number): Range | "unsatisfiable" | null {
	const [, from, to] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.trim() ?? "") ?? [];
	if (from === undefined || to === undefined || (from === "" && to === "")) return null;
	if (from === "") {
		const length = Math.min(Number(to), size);
		return length === 0 ? "unsatisfiable" : { first: size - length, last: size - 1 };
	}
	const first = Number(from);
	const last = to === "" ? size - 1 : Math.min(Number(to), size - 1);
	if (to !== "" && Number(to) < first) return null;
	return first >= size ? "unsatisfiable" : { first, last };
}
