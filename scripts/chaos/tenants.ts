import { newId } from "../../lib/ids.ts";
import type { PatientClient } from "./client.ts";
import type { ModelTenant } from "./model.ts";

/** More than any load here asks for: the limits are not what is tried. */
const NO_LIMITS = { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 };
const AGENTS = 4;
const VOTERS = 12;

/** Makes a tenant with people and with customers who vote. */
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
	const agents: ModelTenant["agents"] = [];
	for (let index = 0; index < AGENTS; index++) {
		const person = { name: `Agent ${index}`, email: `agent${index}@${slug}.example`, role: "supervisor" };
		const { body: user } = await client.command<{ id: string }>(owner, "POST", "/users", person);
		agents.push({ id: user.id, token: await token({ name: person.name, userId: user.id }) });
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
		voters,
		customers: [],
		tickets: [],
		articles: [],
		merges: 0,
	};
}
