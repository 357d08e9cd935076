import { AsyncLocalStorage } from "node:async_hooks";
import type { Context } from "moleculer";
import type { DomainEvent } from "../lib/event-log.ts";
import { traceIdOf } from "../lib/trace-context.ts";
import type { Meta } from "./action.ts";

type Call = Context<unknown, Meta>;

/**
 * What this process is busy with: a call, or an event that a consumer group handles. It is kept as it is; what it means
 * for a log line is worked out only when there is one.
 */
const current = new AsyncLocalStorage<Call | DomainEvent | null>();

const isEvent = (occupation: Call | DomainEvent): occupation is DomainEvent => "specversion" in occupation;

/** Does the work of a call; its log lines and those of whatever it starts say which call it was. */
export function inCall<R>(ctx: Call, work: (ctx: Call) => R): R {
	return current.run(ctx, work, ctx);
}

/** Does the work of an event; see {@link inCall}. */
export function inEvent<R>(event: DomainEvent, work: () => R): R {
	return current.run(event, work);
}

/** Starts work of the process's own, such as a loop, which goes on after the call that happened to start it. */
export function inBackground<R>(work: () => R): R {
	return current.run(null, work);
}

/** What a call made now follows from, where it is not told: the trace and request of the event being handled. */
export function currentOrigin(): { traceparent: string | undefined; requestId: string } | null {
	const now = current.getStore();
	if (!now) return null;
	if (isEvent(now)) return { traceparent: now.traceparent, requestId: now.correlationId };
	return { traceparent: now.meta.traceparent, requestId: now.requestID ?? now.id };
}

/** The tenant, request and trace that a log line written now belongs to; empty outside of any. */
export function currentFields(): Record<string, string> {
	const now = current.getStore();
	if (!now) return {};
	if (isEvent(now))
		return fields(now.tenantId, now.correlationId, now.traceparent, { eventId: now.id, eventType: now.type });
	const { meta, requestID, id, action } = now;
	return fields(meta.caller?.tenant?.id, requestID ?? id, meta.traceparent, { action: action?.name ?? "" });
}

function fields(
	tenantId: string | undefined,
	requestId: string,
	traceparent: string | undefined,
	more: Record<string, string>,
): Record<string, string> {
	const traceId = traceIdOf(traceparent);
	return { ...(tenantId ? { tenantId } : {}), requestId, ...(traceId ? { traceId } : {}), ...more };
}
