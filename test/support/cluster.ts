import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Cluster, type ClusterOptions, layOut } from "../../scripts/cluster/cluster.ts";
import { secretsOf } from "../../scripts/cluster/secrets.ts";
import { MissingProgram } from "../../scripts/cluster/servers.ts";

/** A cluster for one test file: real servers, and every service in processes of its own. */
export interface TestCluster extends Cluster {
	platformToken: string;
	/** of the demo tenant's owner */
	demoToken: string;
	/** the last lines of a process, for messages of failures */
	logOf(name: string): string;
	/** Stops everything and removes its data. Resolves with the names of those that did not end well. */
	end(): Promise<string[]>;
}

/**
 * Starts a cluster with `copies` processes of each service. Null where a server is not installed, after a line on the
 * console that says so.
 * @throws {Error} where a server is not installed and `CI` is set: CI must not pass by skipping
 */
export async function startCluster({
	env,
	...options
}: Partial<Pick<ClusterOptions, "copies" | "gatewayPorts" | "services" | "env">> = {}): Promise<TestCluster | null> {
	const dataDir = await mkdtemp(path.join(tmpdir(), "conductor-cluster-test-"));
	const { secrets } = secretsOf(dataDir, {});
	const { platformToken, demoToken } = secrets;
	try {
		const cluster = await layOut({
			dataDir,
			secrets,
			copies: 1,
			gatewayPorts: [0],
			env: { PLATFORM_TOKEN: platformToken, DEMO_TOKEN: demoToken, LOG_LEVEL: "error", TRACE_RATE: "0", ...env },
			...options,
		});
		const end = async () => {
			const bad = await cluster.stop();
			await rm(dataDir, { recursive: true, force: true });
			return bad;
		};
		try {
			await cluster.start();
		} catch (error) {
			await end();
			throw error;
		}
		return { ...cluster, platformToken, demoToken, logOf: (name) => cluster.process(name).output, end };
	} catch (error) {
		await rm(dataDir, { recursive: true, force: true });
		if (!(error instanceof MissingProgram) || process.env.CI) throw error;
		console.warn(`${error.message}. The tests of the cluster are skipped.`);
		return null;
	}
}
