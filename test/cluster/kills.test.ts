import { PatientClient } from "../../scripts/chaos/client.ts";
import { Load } from "../../scripts/chaos/load.ts";
import { Random } from "../../scripts/chaos/random.ts";
import { makeTenant } from "../../scripts/chaos/tenants.ts";
import { verdicts } from "../../scripts/chaos/verdict.ts";
import { startCluster, type TestCluster } from "../support/cluster.ts";

/*
 * Under a light load each thing that a cluster is made of is killed once. Whatever was acknowledged must be there once,
 * and must have taken effect once in the counters, the index and the dashboard. `npm run chaos` is the long form.
 */

const KILLED = [
	"tickets.1",
	"nats",
	"customers.1",
	"mongo",
	"gateway.1",
	"redis",
	"identity.1",
	"search.1",
	"dashboard.1",
	"knowledge-base.1",
];
const SEED = 20261123;

let cluster: TestCluster | null;

beforeAll(async () => {
	cluster = await startCluster();
}, 120_000);
afterAll(async () => {
	await cluster?.end();
}, 60_000);

test("nothing that was acknowledged is lost, whatever is killed", async () => {
	if (!cluster) return;
	const client = new PatientClient(cluster.origins);
	const tenants = [await makeTenant(client, cluster.platformToken)];
	const load = new Load(client, tenants, new Random(SEED));
	let working = true;
	const workers = Array.from({ length: 4 }, async () => {
		while (working) await load.one();
	});
	for (const name of KILLED) {
		const before = client.latencies.length;
		await cluster.process(name).kill();
		await cluster.process(name).start();
		// Commands are acknowledged again before the next one is killed.
		while (client.latencies.length < before + 8) await new Promise((resolve) => setTimeout(resolve, 20));
	}
	working = false;
	await Promise.all(workers);
	const results = await verdicts(cluster, client, tenants, cluster.platformToken, {
		// What met a database that was away is tried again after 30 s.
		withinMs: 90_000,
		say: () => undefined,
	});
	expect(load.report.violations).toEqual([]);
	expect(results.flatMap(({ differences }) => differences)).toEqual([]);
	expect(results.length).toBeGreaterThan(8);
}, 300_000);
