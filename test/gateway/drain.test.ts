import { Agent, get } from "node:http";
import { startGateway, type TestGateway } from "./start.ts";

/** One request over a keep-alive agent: status and whether the server said that it closes. */
function request(gateway: TestGateway, agent: Agent, path: string): Promise<{ status: number; closes: boolean }> {
	return new Promise((resolve, reject) => {
		const headers = { authorization: "Bearer owner-token" };
		get(`${gateway.origin}${path}`, { agent, headers }, (response) => {
			response.resume();
			response.on("end", () =>
				resolve({ status: response.statusCode ?? 0, closes: response.headers.connection === "close" }),
			);
			response.on("error", reject);
		}).on("error", reject);
	});
}

const isRefused = (error: unknown) => (error as { code?: string }).code === "ECONNREFUSED";

test("a stop under keep-alive load breaks no request that reached the gateway", async () => {
	const gateway = await startGateway({ drainGraceMs: 200 });
	const agent = new Agent({ keepAlive: true, maxSockets: 20 });
	const outcomes = { ok: 0, refused: 0, broken: [] as unknown[] };
	let running = true;
	const client = async () => {
		while (running) {
			try {
				const { status } = await request(gateway, agent, "/api/things/misbehave?how=sleep&ms=30");
				if (status === 200) outcomes.ok++;
				else outcomes.broken.push(status);
			} catch (error) {
				if (!isRefused(error)) outcomes.broken.push(error);
				else {
					outcomes.refused++;
					return;
				}
			}
		}
	};
	const clients = Array.from({ length: 20 }, client);
	while (outcomes.ok < 60) await new Promise((resolve) => setTimeout(resolve, 5));
	const before = outcomes.ok;
	const since = performance.now();
	await gateway.stop();
	const took = performance.now() - since;
	running = false;
	await Promise.all(clients);
	agent.destroy();
	expect(outcomes.broken).toEqual([]);
	expect(outcomes.ok).toBeGreaterThan(before);
	expect(outcomes.refused).toBe(20);
	expect(took).toBeLessThan(5000);
}, 20_000);

test("while it drains it says so, closes connections, and still finishes what runs", async () => {
	const gateway = await startGateway({ drainGraceMs: 500 });
	const agent = new Agent({ keepAlive: true });
	await request(gateway, agent, "/health/ready");
	const slow = request(gateway, new Agent(), "/api/things/misbehave?how=wait");
	while (gateway.state.release.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
	const stopped = gateway.stop();
	const seen: { status: number; closes: boolean }[] = [];
	do seen.push(await request(gateway, agent, "/health/ready"));
	while (!seen.at(-1)?.closes);
	expect(seen.at(-1)).toEqual({ status: 503, closes: true });
	await expect(request(gateway, agent, "/health/live")).rejects.toThrow(/ECONNREFUSED/);
	gateway.state.release.pop()?.();
	expect(await slow).toEqual({ status: 200, closes: true });
	await stopped;
	agent.destroy();
}, 20_000);

test("a response that never ends does not hold up the stop", async () => {
	const gateway = await startGateway({
		drainGraceMs: 10,
		drainCapMs: 300,
		rawRoutes: [
			{
				method: "GET",
				path: "/endless",
				summary: "Never ends",
				handler: ({ res }) => {
					res.writeHead(200);
					res.write("once upon a time");
				},
			},
		],
	});
	const response = await fetch(`${gateway.origin}/endless`);
	const since = performance.now();
	await gateway.stop();
	expect(performance.now() - since).toBeLessThan(3000);
	await expect(response.text()).rejects.toThrow();
}, 20_000);
