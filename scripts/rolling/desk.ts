import { PatientClient } from "../chaos/client.ts";
import { makeTenant } from "../chaos/tenants.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { Traffic } from "./traffic.ts";

/** Makes a tenant with one ticket on a running cluster, and the traffic that asks for it. */
export async function trafficOf(cluster: Cluster, platformToken: string): Promise<Traffic> {
	const client = new PatientClient(cluster.origins);
	const { ownerToken } = await makeTenant(client, platformToken);
	const { body: ticket } = await client.command<{ id: string }>(ownerToken, "POST", "/tickets", {
		subject: "Steady as she goes",
		description: "Through every restart.",
		customer: { email: "steady@mail.example", name: "Steady" },
		asCustomer: true,
	});
	return new Traffic(cluster.origins, ownerToken, ticket.id);
}

/** Asks one process after the other to stop, and starts it again. */
export async function rollingRestart(cluster: Cluster, names: readonly string[]): Promise<void> {
	for (const name of names) {
		await cluster.process(name).stop();
		await cluster.process(name).start();
	}
}

/** The copies of services and gateways, in an order in which two of the same kind are never next to each other. */
export function copiesInTurn(cluster: Cluster): string[] {
	const copies = [...cluster.processes.keys()].filter((name) => /\.\d+$/.test(name));
	return copies.sort((a, b) => Number(a.split(".")[1]) - Number(b.split(".")[1]));
}
