import { systemActor } from "../../contracts/caller.ts";
import { newId } from "../../lib/ids.ts";
import { isProblem } from "../../lib/problem.ts";
import { reportTimedWork } from "../../mixins/timed-work.ts";
import { type ArticleSchedule, articleScheduleModel } from "../../models/article-schedule.ts";
import { settle } from "./change-article.ts";
import { inLocale, openDossier, withTranslation } from "./dossier.ts";
import type { KnowledgeBase } from "./knowledge-base-store.ts";
import { publish } from "./write-text.ts";

/** How often is looked for what is due, ms: with the work itself a publication is at most five seconds late. */
const EVERY_MS = 1500;
const BATCH = 100;

/**
 * Publishes what was planned, when its time has come. What is planned is stored, so that a restart loses nothing; several
 * nodes may look at the same time, and one of them publishes.
 */
export class ScheduledPublishing {
	private readonly kb: KnowledgeBase;
	private readonly onError: (error: unknown) => void;
	private timer: NodeJS.Timeout | undefined;
	private running: Promise<void> | null = null;
	private stopped = true;

	constructor(kb: KnowledgeBase, onError: (error: unknown) => void) {
		this.kb = kb;
		this.onError = onError;
		reportTimedWork(kb.store, "publications", {
			clock: kb.runtime.clock,
			rows: () => kb.store.model(articleScheduleModel),
			field: "publishAt",
		});
	}

	start(): void {
		this.stopped = false;
		this.look();
	}

	async stop(): Promise<void> {
		this.stopped = true;
		clearTimeout(this.timer);
		await this.running;
	}

	private look(): void {
		this.running = this.publishDue()
			.catch(this.onError)
			.then(() => {
				this.running = null;
				if (!this.stopped) this.timer = setTimeout(() => this.look(), EVERY_MS).unref();
			});
	}

	private async publishDue(): Promise<void> {
		const rows = this.kb.store.model(articleScheduleModel);
		let after: { publishAt: Date; _id: string } | null = null;
		while (!this.stopped) {
			const now = this.kb.runtime.clock.now();
			const beyond: object =
				after === null
					? {}
					: { $or: [{ publishAt: { $gt: after.publishAt } }, { publishAt: after.publishAt, _id: { $gt: after._id } }] };
			const due: ArticleSchedule[] = await rows
				.find({ publishAt: { $lte: now }, ...beyond } as never)
				.sort({ publishAt: 1, _id: 1 })
				.limit(BATCH)
				.lean<ArticleSchedule[]>();
			// One that fails stays for the next time and does not hold up the others.
			for (const row of due) await this.publishOne(row).catch(this.onError);
			const last = due.at(-1);
			if (!last || due.length < BATCH) return;
			after = last;
		}
	}

	private async publishOne(row: ArticleSchedule): Promise<void> {
		const { kb } = this;
		const { _id, tenantId, articleId, locale, publishAt } = row;
		const command = {
			tenantId,
			actor: systemActor("knowledge-base"),
			correlationId: newId(),
			causationId: null,
			id: null,
		};
		const give = (session: never) => kb.store.model(articleScheduleModel).deleteOne({ _id, publishAt }, { session });
		try {
			await kb.store.commit(command, async (tx) => {
				const { deletedCount } = await give(tx.session as never);
				// Another node was faster, or somebody changed their mind.
				if (deletedCount === 0) return;
				const before = await openDossier(kb, tx, { tenantId }, articleId);
				const planned = inLocale(before, locale);
				if (planned?.publishAt?.getTime() !== publishAt.getTime()) return;
				const after = await publish(kb, tx, before, locale, planned.publishVersionNo ?? planned.draftVersionNo);
				await settle(kb, tx, before, after, locale);
			});
		} catch (error) {
			if (!isProblem(error) || error.code === 409) throw error;
			// What cannot be published now cannot be published later either: the plan is given up.
			await kb.store.commit(command, async (tx) => {
				const { deletedCount } = await give(tx.session as never);
				const article = deletedCount === 0 ? null : await kb.articles.get({ tenantId }, articleId, tx);
				if (!article) return;
				const before = await openDossier(kb, tx, { tenantId }, articleId);
				const planned = inLocale(before, locale);
				if (planned)
					await settle(
						kb,
						tx,
						before,
						withTranslation(before, { ...planned, publishAt: null, publishVersionNo: null }),
						locale,
					);
			});
			this.onError(error);
		}
	}
}
