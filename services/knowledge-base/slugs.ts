import { newId } from "../../lib/ids.ts";
import { VersionConflict } from "../../mixins/repository.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type SlugRedirect, slugRedirectModel } from "../../models/slug-redirect.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { slugOf } from "./text/slug.ts";

const MAX_LENGTH = 80;
/** How many numbers are looked at in one query. */
const BATCH = 50;

/** The end of an id: enough to tell articles without a name apart. */
export const shortId = (id: string): string => id.slice(-8);

/** `base`, `base-2`, `base-3` …: `count` of them from the one at `from` (1 is `base` itself), none over 80 characters. */
export function candidates(base: string, from: number, count: number): string[] {
	return Array.from({ length: count }, (_, i) => {
		const suffix = from + i === 1 ? "" : `-${from + i}`;
		return `${[...base]
			.slice(0, MAX_LENGTH - suffix.length)
			.join("")
			.replace(/-+$/, "")}${suffix}`;
	});
}

/** The first of the candidates that nobody has. `takenOf` says which of some are somebody's. */
export async function firstFree(
	base: string,
	takenOf: (slugs: string[]) => Promise<ReadonlySet<string>>,
): Promise<string> {
	for (let from = 1; ; from += BATCH) {
		const some = candidates(base, from, BATCH);
		const taken = await takenOf(some);
		const free = some.find((slug) => !taken.has(slug));
		if (free !== undefined) return free;
	}
}

/** Lets a write that lost a race for a unique value start over: the next look finds who has it. */
export async function orStartOver<T>(write: Promise<T>): Promise<T> {
	try {
		return await write;
	} catch (error) {
		const { code, type } = error as { code?: unknown; type?: unknown };
		if (code === 11000 || type === "duplicate") throw new VersionConflict("a unique value was taken meanwhile");
		throw error;
	}
}

/**
 * Gives an article a slug made of a text, in one language, with a number where another article has or had it. Slugs that
 * it had before are its own and may come back.
 */
export async function claimSlug(
	{ store }: KnowledgeBase,
	tx: Transaction,
	article: { _id: string; tenantId: string },
	locale: string,
	text: string,
): Promise<string> {
	const rows = store.model(slugRedirectModel);
	const { _id: articleId, tenantId } = article;
	const own = new Set<string>();
	const slug = await firstFree(slugOf(text, shortId(articleId)), async (some) => {
		const found = await rows
			.find({ tenantId, locale, slug: { $in: some } })
			.session(tx.session)
			.lean<SlugRedirect[]>();
		for (const row of found) if (row.articleId === articleId) own.add(row.slug);
		return new Set(found.filter((row) => row.articleId !== articleId).map((row) => row.slug));
	});
	if (!own.has(slug))
		await orStartOver(rows.create([{ _id: newId(), tenantId, locale, slug, articleId }], { session: tx.session }));
	return slug;
}

/** Gives all slugs of an article free, or those of one language. */
export async function releaseSlugs(
	{ store }: KnowledgeBase,
	tx: Transaction,
	article: { _id: string; tenantId: string },
	locale?: string,
): Promise<void> {
	const which = { tenantId: article.tenantId, articleId: article._id, ...(locale === undefined ? {} : { locale }) };
	await store.model(slugRedirectModel).deleteMany(which, { session: tx.session });
}

/** Which article has, or had, this slug. */
export async function holderOfSlug(
	{ store }: KnowledgeBase,
	tenantId: string,
	locale: string,
	slug: string,
): Promise<string | null> {
	const row = await store.model(slugRedirectModel).findOne({ tenantId, locale, slug }).lean<SlugRedirect>();
	return row?.articleId ?? null;
}
