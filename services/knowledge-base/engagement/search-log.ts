import { createHash } from "node:crypto";
import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import { recordClick, recordSearch } from "../../../contracts/knowledge-base-engagement.ts";
import { kbSearched } from "../../../contracts/knowledge-base-events.ts";
import { newId } from "../../../lib/ids.ts";
import { invalidField, isProblem, notFound } from "../../../lib/problem.ts";
import { action, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import { queryDayModel, type SearchLog, searchLogModel } from "../../../models/kb-search-log.ts";
import { countKbDay } from "./day-counters.ts";
import { dayOf } from "./days.ts";
import type { Engagement } from "./engagement-store.ts";
import { InBatches } from "./in-batches.ts";
import { ownCommand } from "./own-command.ts";

const DAY_MS = 24 * 3600 * 1000;
/** How long single searches are kept, and how long what was asked for on a day, ms. */
const KEEP_SEARCH_MS = 90 * DAY_MS;
const KEEP_QUERY_MS = 400 * DAY_MS;
const MAX_QUERY = 256;

/** Words as searches for the same are counted together: compatible forms and cases made one, blanks too. */
export function queryForm(q: string): string {
	const form = q.toWellFormed().normalize("NFKC").toLowerCase().replace(/\s+/g, " ").trim();
	return [...form].slice(0, MAX_QUERY).join("");
}

async function countQuery({ store }: Engagement, tx: Transaction, search: SearchLog): Promise<void> {
	const { tenantId, locale, day, resultCount } = search;
	const q = queryForm(search.q);
	const digest = createHash("sha256").update(q).digest("base64url");
	await store.model(queryDayModel).updateOne(
		{ _id: `${tenantId} ${locale} ${day} ${digest}` },
		{
			$inc: { count: 1, zero: resultCount === 0 ? 1 : 0 },
			$setOnInsert: { tenantId, locale, day, q, expiresAt: new Date(tx.now.getTime() + KEEP_QUERY_MS) },
		},
		{ upsert: true, session: tx.session },
	);
}

interface Searched extends Pick<SearchLog, "_id" | "q" | "locale" | "resultCount" | "viewerKeyHash"> {
	timeZone: string;
}

/** Writes the searches of one tenant that are not in the log yet. */
async function write(from: Engagement, tenantId: string, searches: readonly Searched[]): Promise<null[]> {
	return from.store.commit(ownCommand(tenantId), async (tx) => {
		const log = from.store.model(searchLogModel);
		const ids = searches.map((search) => search._id);
		const known = await log
			.find({ _id: { $in: ids } })
			.session(tx.session)
			.lean<SearchLog[]>();
		const done = new Set(known.map((search) => search._id));
		for (const { timeZone, ...searched } of searches) {
			if (done.has(searched._id)) continue;
			done.add(searched._id);
			await add(from, tx, { ...searched, tenantId, day: dayOf(tx.now, timeZone) });
		}
		return searches.map(() => null);
	});
}

/** The event is the tenant's own: who searched for what is nobody's business. */
async function add(
	from: Engagement,
	tx: Transaction,
	searched: Omit<SearchLog, "clickedArticleId" | "at" | "expiresAt">,
): Promise<void> {
	const { _id, locale, resultCount } = searched;
	const expiresAt = new Date(tx.now.getTime() + KEEP_SEARCH_MS);
	const search = { ...searched, clickedArticleId: null, at: tx.now, expiresAt };
	const zero = resultCount === 0;
	await from.store.model(searchLogModel).create([search], { session: tx.session });
	await countQuery(from, tx, search);
	await countKbDay(from, tx, search, { searches: 1, ...(zero ? { zero: 1 } : {}) });
	await tx.emit(kbSearched, { _id, version: 1 }, { locale, resultCount, zero });
}

export function searchLogActions(from: Engagement): Record<string, ActionSchema> {
	const { store, turns } = from;
	const searches = new InBatches<Searched, null>((tenantId, batch) => write(from, tenantId, batch));
	store.onStop(() => searches.idle());
	return {
		recordSearch: action(recordSearch, async (ctx) => {
			const { id: tenantId, timeZone } = callerOf(ctx).tenant;
			const { q, locale, resultCount, viewerKeyHash, searchId = newId() } = ctx.params;
			const searched = { _id: searchId, q: queryForm(q), locale, resultCount, viewerKeyHash, timeZone };
			await searches.add(tenantId, searched);
			return null;
		}),
		recordClick: action(recordClick, async (ctx) => {
			const caller = callerOf(ctx);
			const { searchId, articleId } = ctx.params;
			const log = store.model(searchLogModel);
			return turns.run(searchId, () =>
				store.commit(commandOf(ctx), async (tx) => {
					const search = await log.findById(searchId).session(tx.session).lean<SearchLog>();
					if (search?.tenantId !== caller.tenant.id) throw notFound("search");
					await mustBeReadable(from, caller, articleId, tx);
					const $set = { clickedArticleId: articleId };
					await log.updateOne({ _id: searchId }, { $set }, { session: tx.session });
					if (search.clickedArticleId === null) await countKbDay(from, tx, search, { clicked: 1 });
					return null;
				}),
			);
		}),
	};
}

/** Throws 422 at `/articleId` for an article that the caller cannot have opened. */
async function mustBeReadable(from: Engagement, caller: TenantCaller, articleId: string, tx: Transaction) {
	try {
		await from.read(caller, articleId, {}, tx);
	} catch (error) {
		if (isProblem(error) && error.code === 404)
			throw invalidField("/articleId", "There is no such article.", "not_found");
		throw error;
	}
}
