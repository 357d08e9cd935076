import { copiesInTurn, rollingRestart, trafficOf } from "../../scripts/rolling/desk.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

/*
 * Two copies of everything under a steady load. No client notices that each process is restarted, and hardly one that a
 * copy is killed. How fast all is normal again is measured by `bench/rolling.ts`.
 */

let cluster: TestCluster | null;

beforeAll(async () => {
	cluster = await startCluster({ copies: 2, gatewayPorts: [0, 0] });
}, 180_000);
afterAll(async () => {
	await cluster?.end();
}, 60_000);

test("clients see no error while every process is restarted, and few when a copy is killed", async () => {
	if (!cluster) return;
	const traffic = await trafficOf(cluster, cluster.platformToken);
	traffic.start(4, 50);
	const restarted = copiesInTurn(cluster).filter((name) => /^(gateway|tickets|identity)/.test(name));
	await rollingRestart(cluster, restarted);
	expect(traffic.failuresSince(0)).toEqual([]);
	const since = performance.now();
	await cluster.process("tickets.1").kill();
	const before = traffic.seen.length;
	while (traffic.seen.length < before + 100) await new Promise((resolve) => setTimeout(resolve, 50));
	await traffic.stop();
	// At most those that were under way in the killed process.
	expect(traffic.failuresSince(since).length).toBeLessThanOrEqual(4);
}, 240_000);
