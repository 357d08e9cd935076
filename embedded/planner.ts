import {
	type Atom,
	type Branch,
	boundOf,
	directed,
	directedPoint,
	type FieldBound,
	type KeyRange,
	spread,
} from "./bounds.ts";
import type { Filter } from "./filter.ts";
import { implies, impliesExistence } from "./implication.ts";
import type { KeyField } from "./index-keys.ts";
import { successor } from "./key-bytes.ts";

/** What the planner has to know of an index. */
export interface PlannedIndex {
	readonly name: string;
	readonly fields: readonly KeyField[];
	readonly unique: boolean;
	readonly sparse: boolean;
	readonly partial: Filter | undefined;
	/** For each field, whether any document has had an array on its path. */
	readonly multikey: readonly boolean[];
}

/** One walk through one index over disjoint ranges, in walking order. */
export interface Stream<I extends PlannedIndex = PlannedIndex> {
	readonly index: I;
	readonly ranges: KeyRange[];
	readonly reverse: boolean;
}

export interface Plan<I extends PlannedIndex = PlannedIndex> {
	/** Undefined: the whole table is read. */
	readonly streams: Stream<I>[] | undefined;
	/** The streams hold precisely the matching documents, no test needed. */
	readonly exact: boolean;
	/** Every stream comes in the wanted order (several are merged). */
	readonly sorted: boolean;
	/** At most a handful of documents can come, by unique keys; sorting those is no work. */
	readonly few: boolean;
	/** The streams may come by one document several times. */
	readonly repeats: boolean;
	/** At least one stream walks an index from end to end. */
	readonly unbounded: boolean;
}

const MAX_RANGES = 256;
const EMPTY = new Uint8Array(0);
const END = Uint8Array.of(0xff);

/** One index considered for one branch. */
interface Candidate<I extends PlannedIndex> {
	index: I;
	bounds: FieldBound[];
	points: number;
	exact: boolean;
	few: boolean;
	sort: SortFit | undefined;
	score: number;
}

interface SortFit {
	reverse: boolean;
	/** How many leading fields are fixed before the sorted ones begin. */
	skipped: number;
}

/**
 * Chooses how to answer a query. Each branch of the filter takes the index that serves the order below some equality,
 * then fixes most fields by equality, then bounds a range; branches on the same index join into one walk over disjoint
 * ranges, which is what makes a keyset page (`$or` of "less" and "equal and less") start at its place and stop at its
 * limit.
 */
export function choosePlan<I extends PlannedIndex>(
	filter: Filter,
	sort: readonly KeyField[],
	indexes: readonly I[],
): Plan<I> {
	const branches = spread(filter);
	const chosen: Candidate<I>[] = [];
	for (const branch of branches) {
		const best = bestIndex(branch, sort, indexes);
		if (!best) return wholeTable(branches, sort);
		chosen.push(best);
	}
	const walked = chosen.find((candidate) => candidate.bounds.length === 0);
	if (walked && chosen.length > 1 && (walked.index.partial || walked.index.sparse)) return wholeTable(branches, sort);
	const sorted = sort.length === 0 || chosen.every((candidate) => candidate.sort);
	return {
		streams: toStreams(walked ? [walked] : chosen, sorted),
		exact: chosen.every((candidate) => candidate.exact),
		sorted,
		few: chosen.every((candidate) => candidate.few),
		repeats: mayRepeat(chosen),
		unbounded: walked !== undefined,
	};
}

function wholeTable<I extends PlannedIndex>(branches: Branch[], sort: readonly KeyField[]): Plan<I> {
	const exact = branches.every((branch) => branch.atoms.length === 0 && branch.exact);
	return { streams: undefined, exact, sorted: sort.length === 0, few: false, repeats: false, unbounded: true };
}

/**
 * A document has one key in an index without arrays, and one key with a given element in an index on an array. So only
 * walks through different indexes, or for several elements, can meet a document again.
 */
function mayRepeat<I extends PlannedIndex>(chosen: Candidate<I>[]): boolean {
	const [first, ...others] = chosen;
	if (!first) return false;
	if (others.some((candidate) => candidate.index !== first.index)) return true;
	return first.index.multikey.some((multikey, i) => {
		const points = chosen.map(({ bounds }) => (isOnePoint(bounds[i]) ? elementOf(bounds[i]!) : undefined));
		return multikey && points.some((point) => point === undefined || point !== points[0]);
	});
}

function elementOf(bound: FieldBound): string | undefined {
	return bound.type === "points" ? Buffer.from(bound.points[0]!).toString("latin1") : undefined;
}

function bestIndex<I extends PlannedIndex>(
	branch: Branch,
	sort: readonly KeyField[],
	indexes: readonly I[],
): Candidate<I> | undefined {
	let best: Candidate<I> | undefined;
	for (const index of indexes) {
		if (!coversBranch(index, branch.atoms)) continue;
		const candidate = consider(index, branch, sort);
		if (candidate.few) return candidate;
		if (candidate.score > (best?.score ?? 0)) best = candidate;
	}
	return best;
}

/** A sparse or partial index lacks documents; it serves a branch only if the branch wants none of those. */
function coversBranch(index: PlannedIndex, atoms: Atom[]): boolean {
	if (index.partial && !implies(atoms, index.partial)) return false;
	return !index.sparse || index.fields.some((field) => impliesExistence(atoms, field.path));
}

function consider<I extends PlannedIndex>(index: I, branch: Branch, sort: readonly KeyField[]): Candidate<I> {
	const bounds = fieldBounds(index, branch.atoms);
	const points = bounds.filter((bound) => bound.type === "points").length;
	const used = new Set(bounds.flatMap((bound) => bound.atoms));
	const few = index.unique && points === index.fields.length;
	// One row is in any order; it gets a walk of its own, to be merged with those of the other branches.
	const single = few && bounds.every(isOnePoint) ? { reverse: false, skipped: bounds.length } : undefined;
	const fit = sort.length === 0 ? undefined : (single ?? sortFit(index, bounds, sort));
	const ranges = bounds.length - points;
	// A walk in the wanted order stops at its limit; anything else reads all there is before the first row comes.
	const order = fit ? (points > 0 ? 100 : 6) : 0;
	return {
		index,
		bounds,
		points,
		few,
		sort: fit,
		exact: branch.exact && branch.atoms.every((atom) => used.has(atom)) && bounds.every((bound) => bound.exact),
		score: points * 10 + order + ranges * 4 - (bounds.length > 0 ? index.fields.length * 0.01 : 0),
	};
}

function fieldBounds(index: PlannedIndex, atoms: Atom[]): FieldBound[] {
	const bounds: FieldBound[] = [];
	let arrays = 0;
	let ranges = 1;
	for (const [i, field] of index.fields.entries()) {
		const multikey = index.multikey[i]!;
		// Two fields in one array may be matched by different elements: only one of them can bound the walk.
		if (multikey && arrays++ > 0) break;
		const bound = boundOf(field, atoms, multikey);
		if (!bound) break;
		if (bound.type === "points") ranges *= bound.points.length;
		if (ranges > MAX_RANGES && i > 0) break;
		bounds.push(bound);
		if (bound.type === "range") break;
	}
	return bounds;
}

/** Whether walking the index gives the wanted order, and in which direction. */
function sortFit(index: PlannedIndex, bounds: FieldBound[], sort: readonly KeyField[]): SortFit | undefined {
	let skipped = 0;
	while (skipped < index.fields.length && index.fields[skipped]!.path !== sort[0]!.path) {
		if (bounds[skipped]?.type !== "points") return undefined;
		skipped++;
	}
	let reverse: boolean | undefined;
	let at = skipped;
	for (const wanted of sort) {
		while (at < index.fields.length && index.fields[at]!.path !== wanted.path && isOnePoint(bounds[at])) at++;
		const field = index.fields[at];
		if (!field || field.path !== wanted.path || index.multikey[at]) return undefined;
		reverse ??= field.descending !== wanted.descending;
		if ((field.descending !== wanted.descending) !== reverse) return undefined;
		at++;
	}
	return { reverse: reverse ?? false, skipped };
}

function isOnePoint(bound: FieldBound | undefined): boolean {
	return bound?.type === "points" && bound.points.length === 1;
}

/** Joins the candidates into walks: one for each index and each combination of fixed values before the sorted fields. */
function toStreams<I extends PlannedIndex>(chosen: Candidate<I>[], sorted: boolean): Stream<I>[] {
	const streams = new Map<string, Stream<I>>();
	for (const candidate of chosen) {
		const reverse = sorted && (candidate.sort?.reverse ?? false);
		const skipped = sorted && candidate.sort ? candidate.sort.skipped : 0;
		for (const { group, range } of rangesOf(candidate, skipped)) {
			const id = `${candidate.index.name}/${reverse}/${Buffer.from(group).toString("latin1")}`;
			const stream = streams.get(id) ?? { index: candidate.index, ranges: [], reverse };
			stream.ranges.push(range);
			streams.set(id, stream);
		}
	}
	return Array.from(streams.values(), (stream) => ({ ...stream, ranges: disjoint(stream.ranges, stream.reverse) }));
}

function rangesOf<I extends PlannedIndex>(
	candidate: Candidate<I>,
	skipped: number,
): { group: Uint8Array; range: KeyRange }[] {
	let prefixes: { group: Uint8Array; bytes: Uint8Array }[] = [{ group: EMPTY, bytes: EMPTY }];
	for (const [i, bound] of candidate.bounds.entries()) {
		const { descending } = candidate.index.fields[i]!;
		if (bound.type === "range") {
			const { from, to } = directed(bound.range, descending);
			return prefixes.map(({ group, bytes }) => ({ group, range: { from: join(bytes, from), to: join(bytes, to) } }));
		}
		prefixes = prefixes.flatMap(({ group, bytes }) =>
			bound.points.map((point) => {
				const longer = join(bytes, directedPoint(point, descending));
				return { group: i < skipped ? longer : group, bytes: longer };
			}),
		);
	}
	return prefixes.map(({ group, bytes }) => ({
		group,
		range: { from: bytes, to: bytes.length === 0 ? END : successor(bytes) },
	}));
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
	return a.length === 0 ? b : Buffer.concat([a, b]);
}

/** Sorts ranges, drops empty ones, unites those that touch; in walking order. */
function disjoint(ranges: KeyRange[], reverse: boolean): KeyRange[] {
	const result: KeyRange[] = [];
	for (const range of ranges.toSorted((a, b) => Buffer.compare(a.from, b.from))) {
		if (Buffer.compare(range.from, range.to) >= 0) continue;
		const last = result.at(-1);
		if (last && Buffer.compare(range.from, last.to) <= 0) {
			const to = Buffer.compare(range.to, last.to) > 0 ? range.to : last.to;
			result[result.length - 1] = { from: last.from, to };
		} else {
			result.push(range);
		}
	}
	return reverse ? result.reverse() : result;
}
