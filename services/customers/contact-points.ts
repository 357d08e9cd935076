import { invalidField } from "../../lib/problem.ts";

/** An e-mail address or telephone number of a customer, one of which is the primary one. */
export interface ContactPoint {
	value: string;
	primary: boolean;
}

/** How a client writes one of several. */
export type ContactInput = string | { value: string; primary?: boolean };

/** What is special to e-mail addresses or to telephone numbers. */
export interface ContactKind<P extends ContactPoint> {
	/** names of the short and the long field */
	one: string;
	many: string;
	/** the point that a text stands for; `current` are the customer's present ones. Throws 422 at `pointer`. */
	read(text: string, pointer: string, current: readonly P[]): P;
	/** what makes two of them the same */
	key(point: P): string;
}

const MAX_POINTS = 10;

function readMany<P extends ContactPoint>(kind: ContactKind<P>, current: readonly P[], many: ContactInput[]): P[] {
	const points = new Map<string, P>();
	let primary: string | undefined;
	for (const [index, item] of many.entries()) {
		const pointer = `/${kind.many}/${index}`;
		const point =
			typeof item === "string" ? kind.read(item, pointer, current) : kind.read(item.value, `${pointer}/value`, current);
		const key = kind.key(point);
		if (!points.has(key)) points.set(key, point);
		if (typeof item === "string" || !item.primary) continue;
		if (primary !== undefined && primary !== key)
			throw invalidField(`${pointer}/primary`, "Only one can be the primary one.", "primary");
		primary = key;
	}
	return primaryFirst([...points.values()], primary === undefined ? undefined : points.get(primary));
}

function primaryFirst<P extends ContactPoint>(points: P[], primary: P | undefined = points[0]): P[] {
	if (!primary) return [];
	return [primary, ...points.filter((point) => point !== primary)].map((point) => ({
		...point,
		primary: point === primary,
	}));
}

/**
 * A customer's addresses or numbers after a change. `many` replaces all of them. `one` becomes the primary: in place of
 * the former primary, unless it was among them already; null takes the primary away and the next moves up. The primary
 * stands first, nobody has one twice.
 */
export function patchContacts<P extends ContactPoint>(
	kind: ContactKind<P>,
	current: readonly P[],
	patch: { one?: string | null | undefined; many?: ContactInput[] | undefined },
): P[] {
	const listed = patch.many === undefined ? [...current] : readMany(kind, current, patch.many);
	if (patch.one === undefined) return listed;
	if (patch.one === null) return patch.many === undefined ? primaryFirst(listed.slice(1)) : listed;
	const point = kind.read(patch.one, `/${kind.one}`, current);
	const others = listed.filter((other) => kind.key(other) !== kind.key(point));
	const wasThere = others.length < listed.length;
	const kept = wasThere || patch.many !== undefined ? others : others.slice(1);
	if (kept.length >= MAX_POINTS) throw invalidField(`/${kind.one}`, `There can be at most ${MAX_POINTS}.`, "maxItems");
	return primaryFirst([point, ...kept]);
}
