import type { Service, ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { defineAction } from "../../contracts/contract.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { action, call } from "../../mixins/action.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";
import { type CollectedSpan, type Collector, startCollector } from "../support/collector.ts";
import { domainEvent } from "../support/domain-event.ts";

const contract = (name: string) => defineAction({ name, access: "internal", summary: "A try", result: Type.Unknown() });
const OUTER = contract("outer.run");
const INNER = contract("inner.run");
const REFUSE = contract("inner.refuse");

const outer = (_runtime: Runtime): ServiceSchema => ({
	name: "outer",
	actions: {
		run: action(OUTER, async (ctx) => {
			await call(ctx, INNER, {});
			await call(ctx, REFUSE, {}).catch(() => undefined);
			return call(ctx, INNER, {});
		}),
	},
});

/** Calls back when it hears an event, by the broker as handlers do, without any context of a call. */
const inner = (runtime: Runtime): ServiceSchema =>
	({
		name: "inner",
		actions: {
			run: action(INNER, async (ctx) => ctx.meta.traceparent),
			refuse: action(REFUSE, () => Promise.reject(new Problem(404, "not_found", "olga@example.com is unknown"))),
		},
		async started(this: Service) {
			await runtime.events.subscribe({
				group: "dashboard",
				types: ["tried.done"],
				handler: async () => {
					await this.broker.call(INNER.name, {});
				},
			});
		},
	}) as unknown as ServiceSchema;

const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const parent = (flags: string) => `00-${TRACE}-00f067aa0ba902b7-${flags}`;

let collector: Collector;
let desk: TestBroker;
beforeAll(async () => {
	collector = await startCollector();
	desk = await startBroker([outer, inner], {
		env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, TRACE_RATE: "1" },
	});
});
afterAll(async () => {
	await desk?.stop();
	await collector?.close();
});
beforeEach(() => {
	collector.spans.length = 0;
});

const named = (spans: CollectedSpan[], name: string) => spans.filter((span) => span.name === name);

test("a sampled call and the calls it makes are spans of one trace", async () => {
	const caller = staff(tenant(), "agent");
	await desk.call(OUTER, {}, caller, { traceparent: parent("01") });
	const spans = await collector.until((all) => all.length === 4);
	const [run] = named(spans, "outer.run");
	expect(run).toMatchObject({ service: "outer", parentSpanId: "00f067aa0ba902b7", failed: false, kind: 2 });
	expect(run?.attributes).toMatchObject({ "conductor.tenant_id": caller.tenant?.id, "conductor.status": "200" });
	// Also the second one: what a callee noted as its own span is not its caller's next parent.
	for (const span of [...named(spans, "inner.run"), ...named(spans, "inner.refuse")])
		expect(span).toMatchObject({ service: "inner", parentSpanId: run?.spanId });
	expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([TRACE]));
	expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(4);
	expect(named(spans, "inner.refuse")[0]).toMatchObject({ failed: false, attributes: { "conductor.status": "404" } });
	// Neither the text of an error nor who called is anywhere in it.
	expect(collector.bodies.join()).not.toMatch(new RegExp(`olga|${caller.email}|${caller.name}|${caller.id}`));
});

test("an event is handled in the trace that it was recorded in, and so are the calls of its handler", async () => {
	await desk.runtime.events.append([domainEvent({ type: "tried.done", id: newId(), traceparent: parent("01") })]);
	const spans = await collector.until((all) => all.length === 2);
	const [handled] = named(spans, "tried.done process");
	expect(handled).toMatchObject({ service: "dashboard", kind: 5, traceId: TRACE, parentSpanId: "00f067aa0ba902b7" });
	expect(handled?.attributes).toMatchObject({ "messaging.consumer.group.name": "dashboard", "conductor.attempt": "1" });
	expect(named(spans, "inner.run")[0]).toMatchObject({ traceId: TRACE, parentSpanId: handled?.spanId });
});

test("what is not sampled makes no span, but travels on", async () => {
	expect(await desk.call(OUTER, {}, undefined, { traceparent: parent("00") })).toBe(parent("00"));
	await desk.call(OUTER, {});
	await desk.call(INNER, {}, undefined, { traceparent: parent("01") });
	// The last one is sent after all others would have been.
	const spans = await collector.until((all) => all.length > 0);
	expect(spans.map(({ name }) => name)).toEqual(["inner.run"]);
});
