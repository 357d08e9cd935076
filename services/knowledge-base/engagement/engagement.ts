import type { ActionSchema } from "moleculer";
import type { KnowledgeBase } from "../knowledge-base-store.ts";
import { analyticsActions } from "./analytics.ts";
import { customerMergeActions } from "./customer-merge.ts";
import { type Engagement, openEngagement } from "./engagement-store.ts";
import { erasureActions } from "./erase-voter.ts";
import { relatedActions } from "./related.ts";
import { searchLogActions } from "./search-log.ts";
import { shelfOf } from "./shelf.ts";
import { suggestionActions } from "./suggestions.ts";
import { ageViews, announceViews, removeExpired } from "./upkeep.ts";
import { viewActions } from "./views.ts";
import { voteActions } from "./votes.ts";

/** How often the service looks for minutes that are over, and how often for what has become old, ms. */
const TICK_MS = 1000;
const SELDOM_MS = 60_000;

/** Everything that readers do with articles, and what the desk learns from it. */
export function engagementActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	const from = openEngagement(shelfOf(kb));
	return {
		...voteActions(from),
		...erasureActions(from),
		...customerMergeActions(from),
		...viewActions(from),
		...relatedActions(from),
		...suggestionActions(from),
		...searchLogActions(from),
		...analyticsActions(from),
	};
}

async function upkeep(from: Engagement, old: boolean): Promise<void> {
	await announceViews(from);
	if (!old) return;
	await ageViews(from);
	await removeExpired(from);
}

/**
 * What the service does by itself as time passes: at the start what was left undone, then by the clock, until the store
 * is closed. To be begun when the store is there; `onError` hears of what will be tried again.
 */
export function beginUpkeep(kb: KnowledgeBase, onError: (error: unknown) => void): void {
	const from = openEngagement(shelfOf(kb));
	let running: Promise<void> | null = null;
	let lookedAt = 0;
	const tick = () => {
		if (running) return;
		const now = from.runtime.clock.now().getTime();
		const old = now - lookedAt >= SELDOM_MS;
		if (old) lookedAt = now;
		running = upkeep(from, old)
			.catch(onError)
			.finally(() => {
				running = null;
			});
	};
	const timer = setInterval(tick, TICK_MS).unref();
	kb.store.onStop(async () => {
		clearInterval(timer);
		await running;
	});
}
