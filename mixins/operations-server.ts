import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Metrics } from "../lib/metrics.ts";
import type { Health } from "./health.ts";

// Not imported: an import would evaluate every export of the module, and with them load Node's whole WebSocket client.
const { createServer } = process.getBuiltinModule("node:http");

/** Where a process without a gateway answers operators. */
export interface OperationsServer {
	/** such as `http://127.0.0.1:9100` */
	origin: string;
	close(): Promise<void>;
}

interface Answer {
	status: number;
	type: string;
	body: string;
}

const json = (status: number, value: unknown): Answer => ({
	status,
	type: "application/json; charset=utf-8",
	body: JSON.stringify(value),
});

const SERVER = { headersTimeout: 5000, requestTimeout: 10_000, maxHeaderSize: 16_384 };

async function answerOf(path: string, health: Health, metrics: Metrics): Promise<Answer> {
	if (path === "/health/live") return json(200, { status: "live" });
	if (path === "/health/ready") {
		const { ready, status, checks } = await health.readiness();
		return json(ready ? 200 : 503, { status, checks });
	}
	if (path === "/metrics") return { status: 200, type: metrics.contentType, body: await metrics.text() };
	return json(404, { status: "unknown", paths: ["/health/live", "/health/ready", "/metrics"] });
}

async function respond(req: IncomingMessage, res: ServerResponse, health: Health, metrics: Metrics): Promise<void> {
	const path = (req.url ?? "/").split("?")[0] ?? "/";
	const isRead = req.method === "GET" || req.method === "HEAD";
	const answer = isRead ? await answerOf(path, health, metrics) : json(405, { status: "only GET is answered" });
	res.writeHead(answer.status, { "Content-Type": answer.type, "Cache-Control": "no-store" });
	res.end(req.method === "HEAD" ? undefined : answer.body);
}

/**
 * Answers `/health/live`, `/health/ready` and `/metrics` of a process that has no gateway: the same as the gateway does
 * of its own. Rejects where the port cannot be had.
 */
export async function startOperationsServer(
	health: Health,
	metrics: Metrics,
	{ host, port }: { host: string; port: number },
): Promise<OperationsServer> {
	const server = createServer(SERVER, (req, res) => {
		respond(req, res, health, metrics).catch(() => res.destroy());
	});
	await listen(server, host, port);
	// Nobody has to wait for a probe that is kept open.
	server.unref();
	const { port: own } = server.address() as AddressInfo;
	return {
		origin: `http://${host.includes(":") ? `[${host}]` : host}:${own}`,
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
}

function listen(server: Server, host: string, port: number): Promise<void> {
	return new Promise((resolve, reject) => {
		server.once("error", (error) =>
			reject(new Error(`${host}:${port} (OPERATIONS_PORT) cannot be served: ${error.message}`)),
		);
		server.listen(port, host, () => resolve());
	});
}
