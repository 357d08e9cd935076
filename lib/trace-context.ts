import { randomUUID } from "node:crypto";

/** Where a request stands in a distributed trace (W3C Trace Context). */
export interface TraceContext {
	/** 32 hexadecimal digits, not all zero */
	traceId: string;
	/** 16 hexadecimal digits: the span of what is done now */
	spanId: string;
	/** the span that this one is part of; null where the trace begins here */
	parentId: string | null;
	/** whether the spans of this trace are exported */
	sampled: boolean;
	/** what travels on with the calls that are made from here */
	traceparent: string;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,64}$/;
/** Where the flags are in a well-formed traceparent: the last digit says whether the trace is sampled. */
const LENGTH = 55;

const hex = () => randomUUID().replaceAll("-", "");

function context(traceId: string, parentId: string | null, sampled: boolean): TraceContext {
	const spanId = hex().slice(16);
	return { traceId, spanId, parentId, sampled, traceparent: `00-${traceId}-${spanId}-${sampled ? "01" : "00"}` };
}

/**
 * Continues the trace of a `traceparent` header with a span of our own, or starts a new one where the header is missing
 * or malformed; `sampleNew` says whether a new one is sampled.
 */
export function continueTrace(header: string | undefined, sampleNew: () => boolean = () => false): TraceContext {
	const [, traceId, parentId, flags] = TRACEPARENT.exec(header ?? "") ?? [];
	if (!traceId || !parentId || !flags || /^0+$/.test(traceId) || /^0+$/.test(parentId))
		return context(hex(), null, sampleNew());
	return context(traceId, parentId, (Number.parseInt(flags, 16) & 1) === 1);
}

/** Whether a `traceparent` made here says that its trace is sampled. */
export function isSampled(traceparent: string | undefined): traceparent is string {
	return traceparent !== undefined && traceparent.length === LENGTH && traceparent.charCodeAt(LENGTH - 1) === 49;
}

/** The id of the trace that a `traceparent` made here belongs to. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
	return traceparent?.slice(3, 35);
}

/** The client's own id for the request where it is short and harmless, else the trace's. */
export function requestIdOf(header: string | undefined, traceId: string): string {
	return header !== undefined && REQUEST_ID.test(header) ? header : traceId;
}
