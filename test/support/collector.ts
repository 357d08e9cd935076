import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A span as the collector was sent it. */
export interface CollectedSpan {
	service: string;
	instance: string;
	name: string;
	kind: number;
	traceId: string;
	spanId: string;
	parentSpanId: string | null;
	startNs: bigint;
	endNs: bigint;
	failed: boolean;
	attributes: Record<string, unknown>;
}

/** A stand-in for an OpenTelemetry collector: takes OTLP/HTTP in JSON and keeps it. */
export interface Collector {
	endpoint: string;
	spans: CollectedSpan[];
	/** everything that was sent, as text */
	bodies: string[];
	requests: number;
	/** how it answers from now on; `hang` never does */
	mode: "take" | "refuse" | "hang";
	/** resolves with the spans as soon as they are as wanted */
	until(wanted: (spans: CollectedSpan[]) => boolean, timeoutMs?: number): Promise<CollectedSpan[]>;
	close(): Promise<void>;
}

interface Attribute {
	key: string;
	value: Record<string, unknown>;
}

const attributesOf = (list: Attribute[]) =>
	Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]])) as Record<string, unknown>;

interface RawSpan {
	name: string;
	kind: number;
	traceId: string;
	spanId: string;
	parentSpanId?: string;
	startTimeUnixNano: string;
	endTimeUnixNano: string;
	attributes: Attribute[];
	status: { code?: number };
}

interface Body {
	resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: RawSpan[] }[] }[];
}

function spansOf(body: Body): CollectedSpan[] {
	return body.resourceSpans.flatMap(({ resource, scopeSpans }) => {
		const { "service.name": service, "service.instance.id": instance } = attributesOf(resource.attributes);
		return scopeSpans.flatMap(({ spans }) =>
			spans.map((span) => ({
				service: String(service),
				instance: String(instance),
				name: span.name,
				kind: span.kind,
				traceId: span.traceId,
				spanId: span.spanId,
				parentSpanId: span.parentSpanId ?? null,
				startNs: BigInt(span.startTimeUnixNano),
				endNs: BigInt(span.endTimeUnixNano),
				failed: span.status.code === 2,
				attributes: attributesOf(span.attributes),
			})),
		);
	});
}

export async function startCollector(): Promise<Collector> {
	const watchers = new Set<() => void>();
	const server = createServer((req, res) => {
		collector.requests++;
		let text = "";
		req.setEncoding("utf8");
		req.on("data", (chunk: string) => {
			text += chunk;
		});
		req.on("end", () => {
			if (collector.mode === "hang") return;
			if (collector.mode === "refuse" || req.url !== "/v1/traces") {
				res.writeHead(503).end();
				return;
			}
			collector.bodies.push(text);
			collector.spans.push(...spansOf(JSON.parse(text) as Body));
			res.writeHead(200, { "content-type": "application/json" }).end("{}");
			for (const watch of watchers) watch();
		});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const collector: Collector = {
		endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
		spans: [],
		bodies: [],
		requests: 0,
		mode: "take",
		until: (wanted, timeoutMs = 15_000) =>
			new Promise((resolve, reject) => {
				const end = (error?: Error) => {
					clearTimeout(timer);
					watchers.delete(look);
					if (error) reject(error);
					else resolve(collector.spans);
				};
				const timer = setTimeout(() => {
					const seen = collector.spans.map(({ service, name }) => `${service} ${name}`);
					end(new Error(`the spans that were waited for did not come; there were ${seen.join(", ") || "none"}`));
				}, timeoutMs);
				const look = () => {
					if (wanted(collector.spans)) end();
				};
				watchers.add(look);
				look();
			}),
		close: () =>
			new Promise((resolve) => {
				server.close(() => resolve());
				server.closeAllConnections();
			}),
	};
	return collector;
}
