import { systemActor } from "../../contracts/caller.ts";
import { newId } from "../../lib/ids.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Timer } from "../../mixins/timers.ts";
import { type ArticleSchedule, articleScheduleModel } from "../../models/article-schedule.ts";
import { settle } from "./change-article.ts";
import { inLocale, openDossier, withTranslation } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { PUBLICATION, placeOf, publicationOf } from "./publications.ts";
import { publish } from "./write-text.ts";

/* What was planned to be published is, when its time has come. */

const BATCH = 100;

interface Place {
	articleId: string;
	locale: string;
}

async function publishPlanned(kb: KnowledgeBase, tx: Transaction, { tenantId, dueAt, data }: Timer): Promise<void> {
	const { articleId, locale } = data as unknown as Place;
	const before = await openDossier(kb, tx, { tenantId }, articleId);
	const planned = inLocale(before, locale);
	// Somebody changed their mind.
	if (planned?.publishAt?.getTime() !== dueAt.getTime()) return;
	const after = await publish(kb, tx, before, locale, planned.publishVersionNo ?? planned.draftVersionNo);
	await settle(kb, tx, before, after, locale);
}

/** What cannot be published now cannot be published later either: the plan is given up. */
async function giveUp(kb: KnowledgeBase, tx: Transaction, { tenantId, data }: Timer): Promise<void> {
	const { articleId, locale } = data as unknown as Place;
	if (!(await kb.articles.get({ tenantId }, articleId, tx))) return;
	const before = await openDossier(kb, tx, { tenantId }, articleId);
	const planned = inLocale(before, locale);
	if (!planned) return;
	const after = withTranslation(before, { ...planned, publishAt: null, publishVersionNo: null });
	await settle(kb, tx, before, after, locale);
}

/** Says what happens when a publication is due. */
export function handlePublications(kb: KnowledgeBase): void {
	kb.timers.handle(PUBLICATION, {
		fire: (tx, timer) => publishPlanned(kb, tx, timer),
		refused: (tx, timer) => giveUp(kb, tx, timer),
	});
}

/**
 * Makes timers of what processes of early versions have planned. Done at every start, because some of them may still be
 * there when the first process of this version begins.
 */
export async function adoptSchedules({ store, timers }: KnowledgeBase): Promise<void> {
	const rows = store.model(articleScheduleModel);
	for (;;) {
		const found = await rows.find({}).sort({ publishAt: 1, _id: 1 }).limit(BATCH).lean<ArticleSchedule[]>();
		for (const row of found) {
			const { _id, tenantId, publishAt } = row;
			const actor = systemActor("knowledge-base");
			const command = { tenantId, actor, correlationId: newId(), causationId: null, id: null };
			await store.commit(command, async (tx) => {
				const { deletedCount } = await rows.deleteOne({ _id, publishAt }, { session: tx.session });
				if (deletedCount > 0) await timers.set(tx, publicationOf(row), publishAt, placeOf(row));
			});
		}
		if (found.length < BATCH) return;
	}
}
