/**
 * How good a ranking is, by judgements of which documents answer a query. All of them take the ids in the order found
 * and the grades of the relevant ones (greater is better; 0 and what is missing is not relevant).
 */
export type Grades = ReadonlyMap<string, number>;

const gradeOf = (grades: Grades, id: string) => Math.max(0, grades.get(id) ?? 0);

const gain = (grade: number, rank: number) => grade / Math.log2(rank + 1);

/**
 * Normalised discounted cumulative gain of the first `k`, 0 to 1, with the grade itself as the gain, as trec_eval does
 * (Järvelin and Kekäläinen, 2002). 0 where nothing is relevant.
 */
export function ndcg(found: readonly string[], grades: Grades, k: number): number {
	const sum = (list: readonly number[]) =>
		list.slice(0, k).reduce((total, grade, at) => total + gain(grade, at + 1), 0);
	const ideal = sum([...grades.values()].filter((grade) => grade > 0).sort((a, b) => b - a));
	return ideal === 0 ? 0 : sum(found.map((id) => gradeOf(grades, id))) / ideal;
}

/** Average precision, 0 to 1: the mean of the precision at each relevant document, those not found counting 0. */
export function averagePrecision(found: readonly string[], grades: Grades): number {
	const relevant = [...grades.values()].filter((grade) => grade > 0).length;
	if (relevant === 0) return 0;
	let hits = 0;
	let sum = 0;
	for (const [at, id] of found.entries()) {
		if (gradeOf(grades, id) === 0) continue;
		hits++;
		sum += hits / (at + 1);
	}
	return sum / relevant;
}

/** The share of the relevant documents among the first `k`, 0 to 1. */
export function recall(found: readonly string[], grades: Grades, k: number): number {
	const relevant = [...grades].filter(([, grade]) => grade > 0).map(([id]) => id);
	if (relevant.length === 0) return 0;
	const first = new Set(found.slice(0, k));
	return relevant.filter((id) => first.has(id)).length / relevant.length;
}

/** One over the rank of the first relevant document; 0 where none was found. */
export function reciprocalRank(found: readonly string[], grades: Grades): number {
	const at = found.findIndex((id) => gradeOf(grades, id) > 0);
	return at < 0 ? 0 : 1 / (at + 1);
}

export function mean(values: readonly number[]): number {
	return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
