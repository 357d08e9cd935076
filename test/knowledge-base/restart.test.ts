import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServiceBroker } from "moleculer";
import { loadConfig } from "../../config.ts";
import type { Caller } from "../../contracts/caller.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import { createArticle, getArticle, publishArticle } from "../../contracts/knowledge-base.ts";
import type { ServiceAdapter } from "../../mixins/adapter.ts";
import { articleScheduleModel } from "../../models/article-schedule.ts";
import { type TimerRow, timerModel } from "../../models/timer.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import knowledgeBaseService from "../../services/knowledge-base/knowledge-base.service.ts";
import { staff, tenant } from "../support/callers.ts";
import { manualClock } from "../support/manual-clock.ts";
import { until } from "./desk.ts";

/** Has what is planned be as an early version of the product left it. */
async function asBefore(adapter: ServiceAdapter): Promise<void> {
	const timers = adapter.conn.model<TimerRow>(timerModel.name);
	for (const { _id, tenantId, subjectId, dueAt: publishAt, data } of await timers
		.find({ takeAt: { $gt: new Date(0) } })
		.limit(10)
		.lean<TimerRow[]>()) {
		const { articleId, locale } = JSON.parse(data);
		const row = { _id: subjectId, tenantId, articleId, locale, publishAt };
		await adapter.conn.model(articleScheduleModel.name).create([row as never]);
		await timers.deleteOne({ _id });
	}
}

test.each([
	["this version", false],
	["an early version", true],
])(
	"what %s planned before a restart is published after it, though its time came in between",
	async (_by, early) => {
		const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-test-"));
		const clock = manualClock();
		const owner = staff(tenant(), "owner");
		const run = async <T>(
			work: (
				call: <P, R>(contract: ActionContract<P, R>, params: P) => Promise<R>,
				adapter: ServiceAdapter,
			) => Promise<T>,
		) => {
			const config = loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent", PORT: "0" });
			const runtime = await openRuntime(config, clock, { strictQueries: true });
			const broker = new ServiceBroker(brokerOptions(runtime.config));
			broker.createService(knowledgeBaseService(runtime));
			await broker.start();
			const meta: { caller: Caller } = { caller: owner };
			try {
				const { adapter } = broker.getLocalService("knowledge-base") as unknown as { adapter: ServiceAdapter };
				return await work(
					(contract, params) => broker.call(contract.name, params as object, { meta }) as never,
					adapter,
				);
			} finally {
				await broker.stop();
				await runtime.close();
			}
		};
		const id = await run(async (call, adapter) => {
			const made = await call(createArticle, { title: "Planned", body: "Text." });
			await call(publishArticle, { id: made.id, publishAt: "2025-01-15T10:00:00.000Z" });
			if (early) await asBefore(adapter);
			return made.id;
		});
		clock.advance(7_200_000);
		const article = await run((call) =>
			until(
				() => call(getArticle, { id }),
				({ status }) => status === "published",
			),
		);
		expect(article).toMatchObject({ publishAt: null, publishedVersionNo: 1, publishedAt: clock.now().toISOString() });
		await rm(dataDir, { recursive: true, force: true });
	},
	30_000,
);
