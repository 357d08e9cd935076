import type { ActionSchema, Context, Middleware, Service, ServiceBroker } from "moleculer";
import type { Tracer } from "../lib/tracer.ts";
import type { Meta } from "./action.ts";
import { currentOrigin, inCall } from "./log-context.ts";

type Handler = (ctx: Context<unknown, Meta>) => Promise<unknown>;
type Call = (name: string, params: unknown, options?: CallOptions) => Promise<unknown>;

interface CallOptions {
	parentCtx?: unknown;
	meta?: Meta;
	requestID?: string;
}

/** The status that a call ended with: that of HTTP. */
const statusOf = (error: unknown) => Number((error as { code?: unknown } | null)?.code) || 500;

/** Does a call as a span of its own, which the calls it makes are part of. */
async function spanned(tracer: Tracer, service: string, next: Handler, ctx: Context<unknown, Meta>): Promise<unknown> {
	const parent = ctx.meta.traceparent;
	const tenantId = ctx.meta.caller?.tenant?.id;
	const span = tracer.open(parent, {
		service,
		name: ctx.action?.name ?? "",
		kind: "server",
		attributes: {
			"rpc.system": "moleculer",
			"rpc.service": service,
			"rpc.method": ctx.action?.name ?? "",
			"conductor.request_id": ctx.requestID ?? ctx.id,
			...(tenantId ? { "conductor.tenant_id": tenantId } : {}),
		},
	});
	if (!span || !parent) return next(ctx);
	ctx.meta.traceparent = span.traceparent;
	try {
		const result = await next(ctx);
		span.end({ failed: false, attributes: { "conductor.status": 200 } });
		return result;
	} catch (error) {
		const status = statusOf(error);
		span.end({ failed: status >= 500, attributes: { "conductor.status": status } });
		throw error;
	} finally {
		// A callee's meta is merged into its caller's, whose next calls are no part of this span.
		ctx.meta.traceparent = parent;
	}
}

/**
 * Joins every call to its trace: log lines written on its way say whose they are, and where the trace is sampled the
 * call is a span. What is not sampled costs a look at one character.
 */
export function tracing(tracer: Tracer): Middleware {
	return {
		name: "TraceAndLogContext",
		localAction(next: Handler, action: ActionSchema & { service?: Service }) {
			const service = action.service?.name;
			if (!service || action.name?.startsWith("$")) return next;
			if (!tracer.enabled) return (ctx: Context<unknown, Meta>) => inCall(ctx, next);
			const traced: Handler = (ctx) => spanned(tracer, service, next, ctx);
			return (ctx: Context<unknown, Meta>) => inCall(ctx, tracer.traces(ctx.meta.traceparent) ? traced : next);
		},
	} as unknown as Middleware;
}

/** Has calls that are made by the broker itself, such as those of an event handler, belong to what they follow from. */
export function continueCalls(broker: ServiceBroker): void {
	const call = broker.call.bind(broker) as Call;
	const continued: Call = (name, params, options) => {
		if (options?.parentCtx || options?.meta?.traceparent) return call(name, params, options);
		const origin = currentOrigin();
		if (!origin) return call(name, params, options);
		const { traceparent, requestId } = origin;
		const meta = { ...options?.meta, ...(traceparent ? { traceparent } : {}) };
		return call(name, params, { requestID: requestId, ...options, meta });
	};
	broker.call = continued as ServiceBroker["call"];
}
