import { setImmediate as others } from "node:timers/promises";
import type { Model as MongooseModel } from "mongoose";
import { type ArticleDay, articleDayModel } from "../../../models/article-day.ts";
import { KB_COUNTERS, type KbDay, kbDayModel, type QueryDay, queryDayModel } from "../../../models/kb-search-log.ts";
import type { Engagement } from "./engagement-store.ts";

/** Which days are asked for, both included, of one language or of all. */
export interface Asked {
	tenantId: string;
	from: string;
	to: string;
	locale: string | null;
}

const PAGE = 250;
/** How many rows one answer reads: more would hold up others. What cannot be read wholly is not known. */
const MAX_ROWS = 100_000;

/** Takes the rows of the days, page by page in the order of an index. Gives whether those were all. */
async function readDays<T extends { _id: string; day: string }>(
	model: MongooseModel<T>,
	{ tenantId, from, to, locale }: Asked,
	take: (row: T) => void,
): Promise<boolean> {
	let after: Pick<T, "_id" | "day"> | null = null;
	for (let read = 0; read < MAX_ROWS; read += PAGE) {
		const range: object = after
			? { $or: [{ day: { $gt: after.day, $lte: to } }, { day: after.day, _id: { $gt: after._id } }] }
			: { day: { $gte: from, $lte: to } };
		const rows: T[] = await model
			.find({ tenantId, ...(locale === null ? {} : { locale }), ...range } as never)
			.sort({ day: 1, _id: 1 })
			.limit(PAGE)
			.lean<T[]>();
		for (const row of rows) take(row);
		if (rows.length < PAGE) return true;
		after = rows.at(-1) ?? null;
		// The embedded store answers without a pause, and other requests want their turn.
		await others();
	}
	return false;
}

export interface ArticleSums {
	articleId: string;
	views: number;
	helpful: number;
	notHelpful: number;
}

/** What was done with each article on the days; null where that is too much to count. */
export async function articleSums({ store }: Engagement, asked: Asked): Promise<ArticleSums[] | null> {
	const sums = new Map<string, ArticleSums>();
	const complete = await readDays<ArticleDay>(store.model(articleDayModel), asked, (row) => {
		const { articleId } = row;
		const sum = sums.get(articleId) ?? { articleId, views: 0, helpful: 0, notHelpful: 0 };
		sums.set(articleId, sum);
		sum.views += row.views;
		sum.helpful += row.helpful;
		sum.notHelpful += row.notHelpful;
	});
	return complete ? [...sums.values()] : null;
}

export interface QuerySums {
	q: string;
	count: number;
	zero: number;
}

/** What was searched for on the days; null where that is too much to count. */
export async function querySums({ store }: Engagement, asked: Asked): Promise<QuerySums[] | null> {
	const sums = new Map<string, QuerySums>();
	const complete = await readDays<QueryDay>(store.model(queryDayModel), asked, ({ q, count, zero }) => {
		const sum = sums.get(q) ?? { q, count: 0, zero: 0 };
		sums.set(q, sum);
		sum.count += count;
		sum.zero += zero;
	});
	return complete ? [...sums.values()] : null;
}

export type KbSums = Record<(typeof KB_COUNTERS)[number], number>;

/** What all of the knowledge base was used for on the days: one row a day and language, never too many. */
export async function kbSums({ store }: Engagement, asked: Asked): Promise<KbSums> {
	const sums = Object.fromEntries(KB_COUNTERS.map((name) => [name, 0])) as KbSums;
	await readDays<KbDay>(store.model(kbDayModel), asked, (row) => {
		for (const name of KB_COUNTERS) sums[name] += row[name];
	});
	return sums;
}
