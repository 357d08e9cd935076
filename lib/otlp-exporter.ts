/** What one piece of work of a trace was: the parts of an OpenTelemetry span that we use. */
export interface Span {
	/** whose work it was, such as `tickets` */
	service: string;
	name: string;
	kind: "internal" | "server" | "client" | "producer" | "consumer";
	traceId: string;
	spanId: string;
	parentId: string | null;
	/** ms since 1970, with fractions */
	startedAt: number;
	/** ms */
	duration: number;
	failed: boolean;
	attributes: Record<string, string | number>;
}

export interface OtlpOptions {
	/** base URL of the collector, which gets `/v1/traces` */
	endpoint: string;
	/** which process the spans are of */
	instance: string;
	exported?(count: number): void;
	dropped?(count: number): void;
	/** the first failure after a success */
	failed?(error: unknown): void;
	/** how long spans wait for each other, ms */
	intervalMs?: number;
	/** how long the collector may take, ms */
	timeoutMs?: number;
}

const KINDS = { internal: 1, server: 2, client: 3, producer: 4, consumer: 5 } as const;
const STATUS_ERROR = 2;
/** At most so many spans wait; those that come then are dropped. */
const QUEUE_MAX = 4096;
const BATCH = 512;
const INTERVAL_MS = 1000;
const TIMEOUT_MS = 3000;
/** How long a collector that failed is left alone at most, ms. */
const PAUSE_MAX_MS = 30_000;

function attribute(key: string, value: string | number): object {
	if (typeof value === "string") return { key, value: { stringValue: value } };
	return { key, value: Number.isInteger(value) ? { intValue: String(value) } : { doubleValue: value } };
}

const nanoseconds = (ms: number) => String(BigInt(Math.round(ms * 1000)) * 1000n);

function otlpSpan(span: Span): object {
	return {
		traceId: span.traceId,
		spanId: span.spanId,
		...(span.parentId === null ? {} : { parentSpanId: span.parentId }),
		name: span.name,
		kind: KINDS[span.kind],
		startTimeUnixNano: nanoseconds(span.startedAt),
		endTimeUnixNano: nanoseconds(span.startedAt + span.duration),
		attributes: Object.entries(span.attributes).map(([key, value]) => attribute(key, value)),
		status: span.failed ? { code: STATUS_ERROR } : {},
	};
}

/** Spans as the body of OTLP/HTTP in JSON (opentelemetry-proto, trace service 1.x): one resource for each service. */
export function otlpBody(spans: readonly Span[], instance: string): object {
	const byService = Map.groupBy(spans, ({ service }) => service);
	return {
		resourceSpans: [...byService].map(([service, own]) => ({
			resource: {
				attributes: [
					attribute("service.name", service),
					attribute("service.namespace", "conductor"),
					attribute("service.instance.id", instance),
				],
			},
			scopeSpans: [{ scope: { name: "conductor" }, spans: own.map(otlpSpan) }],
		})),
	};
}

/**
 * Sends spans to an OpenTelemetry collector in the background. Nobody ever waits for it: the queue is bounded, a
 * collector that is slow or away costs spans and nothing else, and they are counted.
 */
export class OtlpExporter {
	private readonly options: OtlpOptions;
	private readonly url: string;
	private queue: Span[] = [];
	private timer: NodeJS.Timeout | undefined;
	private sending: Promise<void> | null = null;
	private pauseMs = 0;
	private stopped = false;

	constructor(options: OtlpOptions) {
		this.options = options;
		this.url = `${options.endpoint.replace(/\/+$/, "")}/v1/traces`;
	}

	/** Takes a span that has ended. Never waits, never throws. */
	add(span: Span): void {
		if (this.stopped || this.queue.length >= QUEUE_MAX) {
			this.options.dropped?.(1);
			return;
		}
		this.queue.push(span);
		this.schedule();
	}

	/** Sends what there is, once, and takes no more. */
	async stop(): Promise<void> {
		this.stopped = true;
		clearTimeout(this.timer);
		await this.sending;
		while (this.queue.length > 0 && this.pauseMs === 0) await this.send();
		this.drop(this.queue.splice(0).length);
	}

	private schedule(): void {
		if (this.timer !== undefined || this.sending || this.stopped) return;
		const wait = this.pauseMs || (this.options.intervalMs ?? INTERVAL_MS);
		this.timer = setTimeout(() => {
			this.timer = undefined;
			this.sending = this.send().finally(() => {
				this.sending = null;
				if (this.queue.length > 0) this.schedule();
			});
		}, wait).unref();
	}

	private async send(): Promise<void> {
		const batch = this.queue.splice(0, BATCH);
		if (batch.length === 0) return;
		try {
			const response = await fetch(this.url, {
				method: "POST",
				headers: { "content-type": "application/json" },
				body: JSON.stringify(otlpBody(batch, this.options.instance)),
				signal: AbortSignal.timeout(this.options.timeoutMs ?? TIMEOUT_MS),
			});
			await response.body?.cancel();
			if (!response.ok) throw new Error(`the collector answered ${response.status}`);
			this.pauseMs = 0;
			this.options.exported?.(batch.length);
		} catch (error) {
			if (this.pauseMs === 0) this.options.failed?.(error);
			this.pauseMs = Math.min(PAUSE_MAX_MS, this.pauseMs * 2 || INTERVAL_MS);
			this.drop(batch.length);
		}
	}

	private drop(count: number): void {
		if (count > 0) this.options.dropped?.(count);
	}
}
