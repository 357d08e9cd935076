/** What relates two articles, of what is known of them without reading them. */
export interface Kin {
	_id: string;
	categoryId: string | null;
	tags: readonly string[];
	score: number;
	views30d: number;
}

const TAG = 3;
const CATEGORY = 2;

/**
 * Ids of the candidates that have something in common with an article, most first: each shared tag counts more the
 * fewer tags the two have altogether (Jaccard), the same category about as much as half their tags. Ties go to what
 * helps more, then to what is read more.
 */
export function mostRelated(article: Kin, candidates: readonly Kin[], count: number): string[] {
	const closeness = (other: Kin): number => {
		const all = new Set([...article.tags, ...other.tags]).size;
		const shared = other.tags.filter((tag) => article.tags.includes(tag)).length;
		const sameCategory = article.categoryId !== null && article.categoryId === other.categoryId;
		return (all === 0 ? 0 : (TAG * shared) / all) + (sameCategory ? CATEGORY : 0);
	};
	return candidates
		.filter((other) => other._id !== article._id && closeness(other) > 0)
		.map((other) => ({ other, close: closeness(other) }))
		.sort(
			(a, b) =>
				b.close - a.close ||
				b.other.score - a.other.score ||
				b.other.views30d - a.other.views30d ||
				(a.other._id < b.other._id ? -1 : 1),
		)
		.slice(0, count)
		.map(({ other }) => other._id);
}

/** Two rankings as one: the first before the second, each article once. */
export function joined(first: readonly string[], second: readonly string[], count: number): string[] {
	return [...new Set([...first, ...second])].slice(0, count);
}
