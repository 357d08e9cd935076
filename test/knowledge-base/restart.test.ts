import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServiceBroker } from "moleculer";
import { loadConfig } from "../../config.ts";
import type { Caller } from "../../contracts/caller.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import { createArticle, getArticle, publishArticle } from "../../contracts/knowledge-base.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import knowledgeBaseService from "../../services/knowledge-base/knowledge-base.service.ts";
import { staff, tenant } from "../support/callers.ts";
import { manualClock } from "../support/manual-clock.ts";
import { until } from "./desk.ts";

test("what was planned before a restart is published after it, though its time came in between", async () => {
	const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-test-"));
	const clock = manualClock();
	const owner = staff(tenant(), "owner");
	const run = async <T>(
		work: (call: <P, R>(contract: ActionContract<P, R>, params: P) => Promise<R>) => Promise<T>,
	) => {
		const config = loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent", PORT: "0" });
		const runtime = await openRuntime(config, clock, { strictQueries: true });
		const broker = new ServiceBroker(brokerOptions(runtime.config));
		broker.createService(knowledgeBaseService(runtime));
		await broker.start();
		const meta: { caller: Caller } = { caller: owner };
		try {
			return await work((contract, params) => broker.call(contract.name, params as object, { meta }) as never);
		} finally {
			await broker.stop();
			await runtime.close();
		}
	};
	const id = await run(async (call) => {
		const made = await call(createArticle, { title: "Planned", body: "Text." });
		await call(publishArticle, { id: made.id, publishAt: "2025-01-15T10:00:00.000Z" });
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
}, 30_000);
