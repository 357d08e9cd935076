import { randomBytes } from "node:crypto";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { until } from "../support/until.ts";

/*
 * Files go from the gateway's process to one of the tickets service and back, part by part over NATS, and are kept in
 * MongoDB, where every copy of the service finds them.
 */

let cluster: TestCluster | null;

beforeAll(async () => {
	cluster = await startCluster({ services: ["gateway", "identity", "customers", "tickets"], copies: 2 });
}, 120_000);
afterAll(async () => {
	await cluster?.end();
}, 60_000);

test("a file comes in and goes out in a cluster", async () => {
	if (!cluster) return;
	const origin = cluster.origins[0] ?? "";
	const authorization = `Bearer ${cluster.demoToken}`;
	await until(
		async () => (await fetch(`${origin}/api/tickets`, { headers: { authorization } })).status === 200,
		30_000,
	);
	const content = randomBytes(1_500_000);
	const form = new FormData();
	form.append("file", new Blob([content]), "noise.bin");
	const uploaded = await fetch(`${origin}/api/attachments`, { method: "POST", headers: { authorization }, body: form });
	expect(uploaded.status).toBe(201);
	const { id } = (await uploaded.json()) as { id: string };
	const made = await fetch(`${origin}/api/tickets`, {
		method: "POST",
		headers: { authorization, "content-type": "application/json" },
		body: JSON.stringify({
			...{ subject: "Noise", description: "Listen", attachments: [id] },
			customer: { email: "ada@example.org", name: "Ada" },
		}),
	});
	expect(made.status).toBe(201);
	const ticket = (await made.json()) as { messages: { attachments: { url: string; sizeBytes: number }[] }[] };
	const [file] = ticket.messages[0]?.attachments ?? [];
	expect(file?.sizeBytes).toBe(content.length);
	const answer = await fetch(`${origin}${file?.url}`);
	expect(answer.status).toBe(200);
	expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
	const piece = await fetch(`${origin}${file?.url}`, { headers: { range: "bytes=1000000-1000009" } });
	expect(Buffer.from(await piece.arrayBuffer()).equals(content.subarray(1_000_000, 1_000_010))).toBe(true);
}, 60_000);
