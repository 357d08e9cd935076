import type { PatientClient } from "./client.ts";
import { compare, type Differences, everything, once } from "./differences.ts";
import type { ModelTenant } from "./model.ts";
import { QUEUE_TAG } from "./tenants.ts";

interface Promised {
	instanceNo: number;
	dueAt: string | null;
	breachedAt?: string;
	fulfilledAt?: string;
}
interface QueuedRow {
	id: string;
	tags: string[];
	sla: { metrics: Record<string, Promised> } | null;
}

const dates = (metrics: Record<string, Promised> = {}) =>
	Object.entries(metrics)
		.map(([metric, one]) => [metric, one.instanceNo, one.dueAt, one.breachedAt, one.fulfilledAt])
		.sort();

/**
 * The rule has run once on every ticket of the queue and on no other, and the promises of each that are stored are those
 * that its history gives.
 */
export async function queueInStore(client: PatientClient, tenant: ModelTenant): Promise<Differences> {
	const differences: Differences = [];
	const { ownerToken: token, queue, slug } = tenant;
	const queued = tenant.tickets.filter((ticket) => ticket.queued);
	const runs = await everything<{ ticketId: string }>(client, token, `/rules/${queue.ruleId}/runs`);
	const ranOn = runs.map(({ ticketId }) => ticketId);
	once(differences, "the run of the rule on ticket", ranOn);
	compare(differences, `${slug}: runs of the rule`, runs.length, queued.length);
	const rows = await everything<QueuedRow>(client, token, `/tickets?groupId=${queue.groupId}`);
	compare(differences, `${slug}: tickets in the queue`, rows.length, queued.length);
	for (const { id, tags, sla } of rows) {
		compare(differences, `ticket ${id}: tags of the rule`, tags.filter((tag) => tag === QUEUE_TAG).length, 1);
		if (!sla) differences.push(`ticket ${id} has no promises`);
	}
	for (const { id } of rows) {
		const calculated = await client.read<{ metrics: Record<string, Promised> }>(
			token,
			`/tickets/${id}/sla?explain=true`,
		);
		const stored = await client.read<QueuedRow>(token, `/tickets/${id}`);
		compare(differences, `ticket ${id}: promises`, dates(stored.sla?.metrics), dates(calculated.metrics));
	}
	return differences;
}
