import type { OtlpExporter, Span } from "./otlp-exporter.ts";
import { continueTrace, isSampled, type TraceContext } from "./trace-context.ts";

/** What is known of a span before its work is done. */
export type SpanStart = Pick<Span, "service" | "name" | "kind" | "attributes">;

/** A span whose work goes on. */
export interface OpenSpan {
	/** what travels on with the calls that the work makes */
	traceparent: string;
	/** The work has ended; further attributes can be told now. */
	end(outcome: { failed: boolean; attributes?: Record<string, string | number> }): void;
}

/** Now in ms since 1970, with the fractions that spans are worth. Spans are not part of the desk: they have real time. */
const now = () => performance.timeOrigin + performance.now();

/** Makes the spans of this process where a trace is sampled, and nothing where it is not or nobody collects them. */
export class Tracer {
	private readonly exporter: OtlpExporter | null;
	private readonly rate: number;

	/** @param rate share of the traces that are sampled where the client does not say, 0 to 1 */
	constructor(exporter: OtlpExporter | null, rate: number) {
		this.exporter = exporter;
		this.rate = rate;
	}

	/** Whether anybody collects spans. */
	get enabled(): boolean {
		return this.exporter !== null;
	}

	/** The place in its trace of a request that came with this header, or without one. */
	begin(header: string | undefined): TraceContext {
		return continueTrace(header, () => this.exporter !== null && Math.random() < this.rate);
	}

	/** A span of something that has ended, in a trace that was begun here. `duration` in ms. */
	record(trace: TraceContext, start: SpanStart, duration: number, failed: boolean): void {
		if (!trace.sampled || !this.exporter) return;
		const { traceId, spanId, parentId } = trace;
		this.exporter.add({ ...start, traceId, spanId, parentId, startedAt: now() - duration, duration, failed });
	}

	/** Whether what is done in this trace makes spans. */
	traces(traceparent: string | undefined): boolean {
		return this.exporter !== null && isSampled(traceparent);
	}

	/** Opens a span below another one; null where its trace is not sampled. */
	open(parent: string | undefined, start: SpanStart): OpenSpan | null {
		if (this.exporter === null || !isSampled(parent)) return null;
		const { exporter } = this;
		const { traceId, spanId, parentId, traceparent } = continueTrace(parent);
		const startedAt = now();
		return {
			traceparent,
			end: ({ failed, attributes }) =>
				exporter.add({
					...start,
					attributes: { ...start.attributes, ...attributes },
					traceId,
					spanId,
					parentId,
					startedAt,
					duration: now() - startedAt,
					failed,
				}),
		};
	}

	/** Sends what is left. */
	async stop(): Promise<void> {
		await this.exporter?.stop();
	}
}
