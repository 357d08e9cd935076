import { once } from "node:events";
import { loadConfig } from "../../config.ts";
import { systemClock } from "../../lib/clock.ts";
import { within } from "../../lib/within.ts";
import { openRuntime } from "../../runtime.ts";
import { testEnvironment } from "../support/broker.ts";

const { now } = Date;
afterEach(() => {
	Date.now = now;
});

test("transactions begin at once on a machine that has slept, so that its clock jumped", async () => {
	const { env, cleanup } = await testEnvironment("mongo");
	const { MONGO_URL } = env;
	if (MONGO_URL) {
		// The shortest that the driver takes: from its first sign of life on it is known how old the latest one is.
		const often = `${MONGO_URL}${MONGO_URL.includes("?") ? "&" : "?"}heartbeatFrequencyMS=500`;
		const runtime = await openRuntime(loadConfig({ ...env, MONGO_URL: often }), systemClock);
		const connection = await runtime.openConnection("slept");
		await once(connection.getClient(), "serverHeartbeatSucceeded");
		Date.now = () => now() + 3_600_000;
		const session = await within(5000, connection.startSession());
		await session.endSession();
		await connection.close();
		await runtime.close();
	}
	await cleanup();
});
