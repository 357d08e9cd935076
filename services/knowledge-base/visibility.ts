import type { Visibility } from "../../models/category.ts";

/** From what everybody reads to what only the desk reads. */
const BY_STRICTNESS: readonly Visibility[] = ["public", "customers", "agents"];

/** The stricter of two visibilities. */
export function stricter(one: Visibility, other: Visibility): Visibility {
	return BY_STRICTNESS.indexOf(one) >= BY_STRICTNESS.indexOf(other) ? one : other;
}
