/** How long a viewer's next view of the same article is not counted, ms. */
export const VIEW_WINDOW_MS = 30 * 60_000;

const MINUTE_MS = 60_000;

export interface View {
	articleId: string;
	locale: string;
	viewerKey: string;
}

/** Which views of a batch count: of known articles, by viewers that are not in their half hour, each once. */
export function viewsToCount(
	views: readonly View[],
	known: (articleId: string) => boolean,
	countedSince: (view: View) => Date | undefined,
	now: Date,
): boolean[] {
	const seen = new Set<string>();
	return views.map((view) => {
		const key = viewKey(view);
		if (seen.has(key) || !known(view.articleId)) return false;
		seen.add(key);
		const since = countedSince(view);
		return since === undefined || now.getTime() - since.getTime() >= VIEW_WINDOW_MS;
	});
}

/** Article and viewer as one text. */
export function viewKey(view: View): string {
	return `${view.articleId} ${view.viewerKey}`;
}

/** The beginning of an instant's minute. */
export function minuteOf(at: Date): Date {
	return new Date(Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS);
}

/** How many there are of each key. */
export function countBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, number> {
	const counts = new Map<string, number>();
	for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
	return counts;
}
