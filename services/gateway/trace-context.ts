import { randomUUID } from "node:crypto";

/** Where a request stands in a distributed trace (W3C Trace Context). */
export interface TraceContext {
	/** 32 hexadecimal digits, not all zero */
	traceId: string;
	/** what travels on with the calls this request makes */
	traceparent: string;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;
const REQUEST_ID = /^[A-Za-z0-9_.:-]{1,64}$/;

const hex = () => randomUUID().replaceAll("-", "");

/**
 * Continues the trace of a `traceparent` header with a span of our own, or starts a new one where the header is missing
 * or malformed.
 */
export function continueTrace(header: string | undefined): TraceContext {
	const [, traceId, parentId, flags] = TRACEPARENT.exec(header ?? "") ?? [];
	if (!traceId || !parentId || /^0+$/.test(traceId) || /^0+$/.test(parentId)) {
		const fresh = hex();
		return { traceId: fresh, traceparent: `00-${fresh}-${hex().slice(16)}-00` };
	}
	return { traceId, traceparent: `00-${traceId}-${hex().slice(16)}-${flags}` };
}

/** The client's own id for the request where it is short and harmless, else the trace's. */
export function requestIdOf(header: string | undefined, traceId: string): string {
	return header !== undefined && REQUEST_ID.test(header) ? header : traceId;
}
