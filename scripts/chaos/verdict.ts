import type { Cluster } from "../cluster/cluster.ts";
import * as checks from "./checks.ts";
import type { PatientClient } from "./client.ts";
import type { Differences } from "./differences.ts";
import type { ModelTenant } from "./model.ts";
import { committedEvents, outboxes } from "./outboxes.ts";
import { queueInStore } from "./queue-checks.ts";

/** One thing that was checked. */
export interface Verdict {
	name: string;
	differences: Differences;
}

const AGAIN_MS = 1000;

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

/** Asks until there is no difference or the time is over: what follows events may still be on its way. */
async function settled(withinMs: number, ask: () => Promise<Differences>): Promise<Differences> {
	const begin = performance.now();
	for (;;) {
		const differences = await ask().catch((error: Error) => [`could not be checked: ${error.message}`]);
		if (differences.length === 0 || performance.now() - begin > withinMs) return differences;
		await pause(AGAIN_MS);
	}
}

/**
 * Compares a cluster that nobody hurts any more with what the acknowledged commands must have done. `withinMs` is how
 * long each thing may take until it is as it must be.
 */
export async function verdicts(
	cluster: Cluster,
	client: PatientClient,
	tenants: readonly ModelTenant[],
	platformToken: string,
	{ withinMs, say }: { withinMs: number; say: (text: string) => void },
): Promise<Verdict[]> {
	const results: Verdict[] = [];
	const check = async (name: string, ask: () => Promise<Differences>) => {
		const begin = performance.now();
		const differences = await settled(withinMs, ask);
		say(`checked ${name} in ${Math.round(performance.now() - begin)} ms: ${differences.length} differences`);
		for (const difference of differences.slice(0, 3)) say(`  ${difference}`);
		results.push({ name, differences });
	};
	const each = (ask: (tenant: ModelTenant) => Promise<Differences>) => async () =>
		(await Promise.all(tenants.map(ask))).flat();

	await check("outboxes", () => outboxes(cluster.urls.mongo));
	await check("sagas", () => checks.sagas(client, platformToken));
	await check("consumers", () => checks.consumers(client, platformToken));
	await check(
		"tickets",
		each((tenant) => checks.ticketsInStore(client, tenant)),
	);
	await check(
		"messages",
		each((tenant) => checks.messagesInStore(client, tenant)),
	);
	await check(
		"rules and promises",
		each((tenant) => queueInStore(client, tenant)),
	);
	await check(
		"customers and their counters",
		each((tenant) => checks.customersInStore(client, tenant)),
	);
	await check(
		"articles and votes",
		each((tenant) => checks.articlesInStore(client, tenant)),
	);
	const feed = each(async (tenant) =>
		checks.activity(client, tenant, await committedEvents(cluster.urls.mongo, tenant.id)),
	);
	await check("activity", feed);
	for (const [service, ask] of [
		["search", each((tenant) => checks.search(client, tenant))],
		["dashboard", each((tenant) => checks.dashboardNumbers(client, tenant))],
	] as const)
		for (const copy of cluster.copiesOf(service)) {
			const others = cluster.copiesOf(service).filter((one) => one !== copy);
			for (const other of others) await other.stop();
			await check(copy.name, ask);
			for (const other of others) await other.start();
		}
	return results;
}
