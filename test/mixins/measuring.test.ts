import { type Context, ServiceBroker } from "moleculer";
import { Type } from "typebox";
import { loadConfig } from "../../config.ts";
import { defineAction } from "../../contracts/contract.ts";
import { Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { latenciesOf } from "../../mixins/measuring.ts";
import { brokerOptions } from "../../moleculer.config.ts";

const contract = (name: string) => defineAction({ name, access: "internal", summary: "A try", result: Type.Null() });
const throwing = (error: Error) => async (_ctx: Context) => Promise.reject(error);

test("every call is counted, and those that failed by the service's own fault", async () => {
	const broker = new ServiceBroker(brokerOptions(loadConfig({ LOG_LEVEL: "silent" })));
	broker.createService({
		name: "tried",
		actions: {
			well: action(contract("tried.well"), async () => null),
			refused: action(contract("tried.refused"), throwing(new Problem(409, "conflict", "Not now."))),
			broken: action(contract("tried.broken"), throwing(new TypeError("no such thing"))),
			measures: action(contract("tried.measures"), async () => null),
		},
	});
	broker.createService({ name: "idle", actions: { rest: action(contract("idle.rest"), async () => null) } });
	await broker.start();
	try {
		await broker.call("tried.well");
		await broker.call("tried.measures");
		await expect(broker.call("tried.refused")).rejects.toThrow("Not now.");
		await expect(broker.call("tried.broken")).rejects.toThrow("no such thing");
		expect(latenciesOf(broker, "tried").latencies()).toMatchObject({ calls: 3, failed: 1 });
		expect(latenciesOf(broker, "idle").latencies()).toMatchObject({ calls: 0, failed: 0 });
	} finally {
		await broker.stop();
	}
});
