import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ServiceBroker } from "moleculer";
import { loadConfig } from "../../config.ts";
import { createTicket, getTicket, updateTicket } from "../../contracts/tickets.ts";
import type { ServiceAdapter } from "../../mixins/adapter.ts";
import { migrationModel } from "../../models/migration.ts";
import { tenantCopyModel } from "../../models/ticket-copies.ts";
import { timerModel } from "../../models/timer.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import ticketsService from "../../services/tickets/tickets.service.ts";
import { manualClock } from "../support/manual-clock.ts";
import { Neighbours, populate } from "./desk.ts";

test("tickets that were solved before there were timers are closed when their time has come", async () => {
	const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-test-"));
	const clock = manualClock();
	const neighbours = new Neighbours();
	const home = populate({ neighbours } as never, { autoCloseAfterSec: 7200 });
	const run = async <T>(work: (broker: ServiceBroker, adapter: ServiceAdapter) => Promise<T>) => {
		const config = loadConfig({ DATA_DIR: dataDir, LOG_LEVEL: "silent", PORT: "0" });
		const runtime = await openRuntime(config, clock, { strictQueries: true });
		const broker = new ServiceBroker(brokerOptions(runtime.config));
		broker.createService(neighbours.identityService());
		broker.createService(neighbours.customersService());
		broker.createService(ticketsService(runtime));
		await broker.start();
		const { adapter } = broker.getLocalService("tickets") as unknown as { adapter: ServiceAdapter };
		try {
			return await work(broker, adapter);
		} finally {
			await broker.stop();
			await runtime.close();
		}
	};
	const meta = { caller: home.owner };
	const id = await run(async (broker, adapter) => {
		const params = { subject: "Old", customerId: home.cora.id, assigneeId: home.agent.id };
		const made = await broker.call<{ id: string }, object>(createTicket.name, params, { meta });
		await broker.call(updateTicket.name, { id: made.id, status: "solved" }, { meta });
		// As an early version would have left it.
		await adapter.conn.model(timerModel.name).deleteMany({ tenantId: home.tenant.id });
		await adapter.conn.model(tenantCopyModel.name).deleteMany({ tenantId: home.tenant.id });
		await adapter.conn.model(migrationModel.name).deleteOne({ _id: "tickets/1" } as never);
		return made.id;
	});
	clock.advance(7_200_000);
	const ticket = await run(async (broker) => {
		const service = broker.getLocalService("tickets") as unknown as { settleTimers(): Promise<void> };
		await service.settleTimers();
		// Identity may not have been there yet at the first try.
		clock.advance(5000);
		await service.settleTimers();
		return broker.call<{ status: string; closedAt: string }, object>(getTicket.name, { id }, { meta });
	});
	expect(ticket).toMatchObject({ status: "closed", closedAt: expect.any(String) });
	await rm(dataDir, { recursive: true, force: true });
}, 60_000);
