import { newId } from "../../lib/ids.ts";
import type { PatientClient } from "./client.ts";
import type { ModelTenant } from "./model.ts";

/** More than any load here asks for: the limits are not what is tried. */
const NO_LIMITS = { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 };
const AGENTS = 4;
const VOTERS = 12;

/** What the rule of the queue adds to its tickets. */
export const QUEUE_TAG = "queued";

/** Short enough for promises to be warned of and broken while the load goes on, seconds. */
const TARGETS = {
	first_response: { low: 600, normal: 120, high: 60, urgent: 20 },
	next_response: { low: 600, normal: 120, high: 60, urgent: 20 },
	resolution: { low: 3600, normal: 600, high: 120, urgent: 60 },
};

/** Promises for the tickets of a group, and a rule that tags them. Gives the rule's id. */
async function ruleTheQueue(client: PatientClient, owner: string, groupId: string): Promise<string> {
	const conditions = { all: [{ field: "groupId", operator: "is", value: groupId }] };
	const policy = { name: "Queue", targets: TARGETS, calendarId: "always", conditions };
	await client.command(owner, "POST", "/sla-policies", policy);
	const actions = [{ type: "add_tags", tags: [QUEUE_TAG] }];
	const rule = { name: "Queue", active: true, trigger: "ticket.created", conditions, actions };
	return (await client.command<{ id: string }>(owner, "POST", "/rules", rule)).body.id;
}

/** Makes a tenant with people, a group with promises, a rule and automatic assignment, and customers who vote. */
export async function makeTenant(client: PatientClient, platformToken: string): Promise<ModelTenant> {
	const slug = `chaos-${newId().slice(-8)}`;
	const { body: made } = await client.command<{ tenant: { id: string }; token: string }>(
		platformToken,
		"POST",
		"/tenants",
		{
			slug,
			name: `Chaos ${slug}`,
			owner: { email: `owner@${slug}.example`, name: "Olga Owner" },
			settings: { rateLimit: NO_LIMITS, agentTicketScope: "all" },
		},
	);
	const owner = made.token;
	const token = async (body: Record<string, unknown>) =>
		(await client.command<{ token: string }>(owner, "POST", "/tokens", body)).body.token;
	const { body: queue } = await client.command<{ id: string }>(owner, "POST", "/groups", {
		name: "Queue",
		// What has been assigned is open: everybody has room for another one at any time.
		assignment: { strategy: "round_robin", maxOpenPerAgent: 10_000, countStatuses: ["new"] },
	});
	const ruleId = await ruleTheQueue(client, owner, queue.id);
	const agents: ModelTenant["agents"] = [];
	for (let index = 0; index < AGENTS; index++) {
		const person = { name: `Agent ${index}`, email: `agent${index}@${slug}.example`, role: "supervisor" };
		const { body: user } = await client.command<{ id: string }>(owner, "POST", "/users", {
			...person,
			groupIds: [queue.id],
		});
		const own = await token({ name: person.name, userId: user.id });
		await client.command(own, "PUT", "/me/availability", { availability: "online" });
		agents.push({ id: user.id, token: own });
	}
	const voters: string[] = [];
	for (let index = 0; index < VOTERS; index++) {
		const { body: voter } = await client.command<{ id: string }>(owner, "POST", "/customers", {
			name: `Voter ${index}`,
		});
		voters.push(await token({ name: `voter ${index}`, customerId: voter.id }));
	}
	return {
		id: made.tenant.id,
		slug,
		ownerToken: owner,
		agents,
		queue: { groupId: queue.id, ruleId },
		voters,
		customers: [],
		tickets: [],
		articles: [],
		merges: 0,
	};
}
