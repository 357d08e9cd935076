import { type Context, type Service, ServiceBroker, type ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { loadConfig } from "../../config.ts";
import { defineAction } from "../../contracts/contract.ts";
import { action, type CallContext, call } from "../../mixins/action.ts";
import { inBackground } from "../../mixins/log-context.ts";
import { loggerOptions } from "../../mixins/log-lines.ts";
import { observeBroker } from "../../mixins/observability.ts";
import { brokerOptions } from "../../moleculer.config.ts";
import { openRuntime } from "../../runtime.ts";
import { testEnvironment } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";
import { domainEvent } from "../support/domain-event.ts";
import { until } from "../support/until.ts";

const contract = (name: string) => defineAction({ name, access: "internal", summary: "A try", result: Type.Unknown() });
const [OUTER, INNER] = [contract("outer.run"), contract("inner.run")];
const TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";

const lines: Record<string, unknown>[] = [];
const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
const line = (msg: string) => lines.find((one) => one.msg === msg);

const outer: ServiceSchema = {
	name: "outer",
	actions: {
		run: action(OUTER, async function (this: Service, ctx: CallContext) {
			const work = inBackground(async () => this.logger.info("a loop goes on"));
			await Promise.all([work, call(ctx, INNER, {})]);
			this.logger.info("after the call");
			return null;
		}),
	},
};

const inner: ServiceSchema = {
	name: "inner",
	actions: {
		run: action(INNER, async function (this: Service, _ctx: Context) {
			await new Promise((resolve) => setImmediate(resolve));
			this.logger.warn(
				{ err: new Error("mongodb://app:s3cr3t@db/x refused olga@example.com"), token: "abc" },
				"inside",
			);
			return null;
		}),
	},
};

let broker: ServiceBroker;
let stop: () => Promise<void>;
let runtime: Awaited<ReturnType<typeof openRuntime>>;
beforeAll(async () => {
	const { env, cleanup } = await testEnvironment();
	const config = loadConfig({ ...env, LOG_LEVEL: "info" });
	runtime = await openRuntime(config, { now: () => new Date() });
	broker = new ServiceBroker({ ...brokerOptions(config), ...loggerOptions(config, destination) });
	observeBroker(broker, runtime);
	for (const schema of [outer, inner]) broker.createService(schema);
	await broker.start();
	stop = async () => {
		await broker.stop();
		await runtime.close();
		await cleanup();
	};
});
afterAll(() => stop?.());

test("a line written on the way of a call says which call it was, in every service it comes through", async () => {
	const caller = staff(tenant(), "agent");
	await broker.call(OUTER.name, {}, { meta: { caller, traceparent: TRACEPARENT }, requestID: "order-42" });
	const own = { tenantId: caller.tenant?.id, requestId: "order-42", traceId: "4bf92f3577b34da6a3ce929d0e0e4736" };
	expect(line("inside")).toMatchObject({ ...own, level: "warn", service: "inner", action: "inner.run" });
	expect(line("after the call")).toMatchObject({ ...own, level: "info", service: "outer", action: "outer.run" });
	expect(line("a loop goes on")).toMatchObject({ service: "outer", node: broker.nodeID });
	expect(line("a loop goes on")).not.toHaveProperty("requestId");
});

test("an error has its stack, and nothing secret in it", () => {
	const { err, token } = line("inside") as { err: { message: string; stack: string }; token: string };
	expect(err.message).toBe("mongodb://[redacted]@db/x refused [address]");
	expect(err.stack).toContain("log-lines.test.ts");
	expect(err.stack).not.toMatch(/s3cr3t|olga/);
	expect(token).toBe("[Redacted]");
});

test("a line written while an event is handled says which event it was", async () => {
	const subscription = await runtime.events.subscribe({
		group: "tried",
		types: ["tried.done"],
		handler: async () => broker.logger.info("handled"),
	});
	const event = domainEvent({ type: "tried.done", traceparent: TRACEPARENT, correlationId: "order-43" });
	await runtime.events.append([event]);
	await until(() => line("handled"));
	await subscription.stop();
	expect(line("handled")).toMatchObject({
		tenantId: event.tenantId,
		requestId: "order-43",
		traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
		eventId: event.id,
		eventType: "tried.done",
	});
});
