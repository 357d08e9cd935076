import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import { systemActor } from "../../contracts/caller.ts";
import { defineAction, strict } from "../../contracts/contract.ts";
import { Id } from "../../contracts/fields.ts";
import { newId } from "../../lib/ids.ts";
import { Problem } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { type SagaDefinition, type SagaStep, Sagas, sagaMixin } from "../../mixins/saga.mixin.ts";
import { commandOf, Store, type Transaction } from "../../mixins/store.ts";
import { sagaModel } from "../../models/saga.ts";
import { startBroker } from "../support/broker.ts";
import { staff, tenant } from "../support/callers.ts";
import { manualClock } from "../support/manual-clock.ts";

const start = defineAction({
	name: "host.start",
	access: "customers.write",
	summary: "Start a saga",
	body: strict({ refuse: Type.Boolean() }),
	result: Type.Object({ id: Id }),
});

interface Work {
	refuse: boolean;
	done: string[];
}

function hostService(done: string[], keep: (sagas: Sagas) => void): (runtime: Runtime) => ServiceSchema {
	return (runtime) => {
		const store = new Store(runtime, "host", [sagaModel as never], () => undefined);
		const step = (name: string) => ({
			name,
			run: async () => void done.push(name),
			undo: async () => void done.push(`un${name}`),
		});
		const definition: SagaDefinition<Work> = {
			type: "test.work",
			steps: [
				step("a"),
				step("b"),
				{
					name: "c",
					async run({ state }) {
						if (state.refuse) throw new Problem(422, "no_credit", "There is no credit.");
						done.push("c");
						return { done: ["c"] };
					},
				},
			],
			result: (state) => ({ done: state.done }),
		};
		const sagas = new Sagas(runtime, store, [definition]);
		keep(sagas);
		return {
			name: "host",
			mixins: [sagaMixin(sagas), collectionMixin(store)],
			actions: {
				start: action(start, async (ctx) => {
					const id = await store.commit(commandOf(ctx), (tx) =>
						sagas.begin(tx, definition, { subject: "thing/1", state: { refuse: ctx.params.refuse, done: [] } }),
					);
					sagas.nudge();
					return { id };
				}),
			},
		};
	};
}

async function desk() {
	const done: string[] = [];
	let sagas: Sagas | undefined;
	const broker = await startBroker([
		hostService(done, (made) => {
			sagas = made;
		}),
	]);
	if (!sagas) throw new Error("the host did not start");
	return { ...broker, done, sagas, owner: staff(tenant(), "owner") };
}

test("a saga does its steps in their order", async () => {
	const { call, sagas, done, owner, stop } = await desk();
	const { id } = await call(start, { refuse: false }, owner);
	const view = await sagas.settled(id, 5000);
	expect(view).toMatchObject({ status: "completed", step: null, error: null, result: { done: ["c"] } });
	expect(view.log.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual(["a done", "b done", "c done"]);
	expect(done).toEqual(["a", "b", "c"]);
	await stop();
});

test("a refused step takes back what was done, in reverse order", async () => {
	const { call, sagas, done, owner, stop } = await desk();
	const { id } = await call(start, { refuse: true }, owner);
	const view = await sagas.settled(id, 5000);
	expect(view).toMatchObject({ status: "compensated", error: { code: "no_credit", step: "c" } });
	expect(done).toEqual(["a", "b", "unb", "una"]);
	await stop();
});

/** A saga of two steps of which the first does as it is told, and the moment it is run at. */
async function waitingDesk(
	first: SagaStep<object>,
	options: { deadlineMs?: number; definition?: SagaDefinition<object> } = {},
) {
	const clock = manualClock();
	const done: string[] = [];
	const definition = options.definition ?? {
		type: "test.waiting",
		...(options.deadlineMs === undefined ? {} : { deadlineMs: options.deadlineMs }),
		steps: [
			{ name: "before", run: async () => {}, undo: async () => void done.push("unbefore") },
			first,
			{ name: "after", run: async () => void done.push("after") },
		],
	};
	let made: Sagas | undefined;
	const broker = await startBroker(
		[
			(runtime) => {
				const store = new Store(runtime, "host", [sagaModel as never], () => undefined);
				made = new Sagas(runtime, store, [definition]);
				return { name: "host", mixins: [sagaMixin(made), collectionMixin(store)] };
			},
		],
		{ clock },
	);
	const sagas = made as Sagas;
	const tenantId = newId();
	const command = { tenantId, actor: systemActor("test"), correlationId: newId(), causationId: null, id: null };
	const commit = <R>(work: (tx: Transaction) => Promise<R>) => sagas.store.commit(command, work);
	const id = await commit((tx) => sagas.begin(tx, definition, { subject: "thing/1", state: {} }));
	/** Lets the worker do what is due now, and shows where the saga stands. */
	const turn = async () => {
		await sagas.idle();
		return sagas.get(tenantId, id);
	};
	return { ...broker, clock, done, sagas, tenantId, id, turn, commit };
}

test("ten failures in a row leave a saga stuck, until somebody resumes it", async () => {
	let works = false;
	const step = {
		name: "first",
		async run() {
			if (!works) throw new Error("the secret is 42");
		},
	};
	const { clock, sagas, tenantId, id, turn, stop, runtime } = await waitingDesk(step);
	for (let attempt = 1; attempt < 10; attempt++) {
		expect(await turn()).toMatchObject({ status: "running", attempts: attempt, step: "first" });
		clock.advance(6 * 60_000);
	}
	const stuck = await turn();
	expect(stuck).toMatchObject({ status: "stuck", attempts: 10, nextAttemptAt: null, error: { code: "internal" } });
	expect(JSON.stringify(stuck)).not.toContain("secret");
	await expect(sagas.resume(newId(), id)).rejects.toMatchObject({ code: 404 });
	works = true;
	await sagas.resume(tenantId, id);
	expect(await turn()).toMatchObject({ status: "completed", error: null });
	await expect(sagas.resume(tenantId, id)).rejects.toMatchObject({ code: 409 });
	await sagas.store.flush();
	const types = (await runtime.events.read({ limit: 100 })).map(({ event }) => event.type);
	expect(types.filter((type) => type === "saga.failed").length).toBe(1);
	await stop();
});

test("after the pivot a refusal is a failure like any other: there is only forward", async () => {
	let refusals = 0;
	const done: string[] = [];
	const definition: SagaDefinition<object> = {
		type: "test.pivot",
		steps: [
			{ name: "first", pivot: true, run: async () => {}, undo: async () => void done.push("undone") },
			{
				name: "second",
				async run() {
					if (refusals++ < 2) throw new Problem(422, "no", "No.");
					done.push("second");
				},
			},
		],
	};
	const { clock, sagas, tenantId, id, turn, stop } = await waitingDesk(
		{ name: "unused", run: async () => {} },
		{ definition },
	);
	expect(await turn()).toMatchObject({ status: "running", step: "second", attempts: 1, error: { code: "no" } });
	clock.advance(60_000);
	expect(await turn()).toMatchObject({ status: "running", attempts: 2 });
	clock.advance(60_000);
	expect(await turn()).toMatchObject({ status: "completed", error: null });
	expect(done).toEqual(["second"]);
	expect((await sagas.get(tenantId, id)).log.map(({ outcome }) => outcome)).toEqual([
		"done",
		"failed",
		"failed",
		"done",
	]);
	await stop();
});

test("a step waits for its moment, or for somebody to wake it", async () => {
	let allowed = false;
	const waits = (clock: { now(): Date }) => new Date(clock.now().getTime() + 3600_000);
	const step: SagaStep<object> = {
		name: "first",
		run: async ({ now }) => (allowed ? {} : { again: true, notBefore: waits({ now: () => now }) }),
	};
	const { clock, sagas, id, turn, done, stop } = await waitingDesk(step);
	const waiting = await turn();
	expect(waiting).toMatchObject({ status: "running", step: "first", attempts: 0 });
	expect(waiting.nextAttemptAt).toBe(new Date(clock.now().getTime() + 3600_000).toISOString());
	clock.advance(60_000);
	await turn();
	expect(done).toEqual([]);
	allowed = true;
	await sagas.wake(id);
	expect(await turn()).toMatchObject({ status: "completed" });
	expect(done).toEqual(["after"]);
	await stop();
});

test("what takes longer than it may is taken back", async () => {
	const step: SagaStep<object> = {
		name: "first",
		run: async ({ now }) => ({ again: true, notBefore: new Date(now.getTime() + 3600_000) }),
	};
	const { clock, turn, done, stop } = await waitingDesk(step, { deadlineMs: 60_000 });
	expect(await turn()).toMatchObject({ status: "running" });
	clock.advance(61_000);
	expect(await turn()).toMatchObject({ status: "compensated", error: { code: "deadline_exceeded" } });
	expect(done).toEqual(["unbefore"]);
	await stop();
});

test("a transaction that does the work of a saga ends it, unless it has turned round", async () => {
	const step: SagaStep<object> = {
		name: "first",
		run: async ({ now }) => ({ again: true, notBefore: new Date(now.getTime() + 3600_000) }),
	};
	const { sagas, id, turn, commit, stop } = await waitingDesk(step);
	await turn();
	await commit((tx) => sagas.finish(tx, id));
	expect(await turn()).toMatchObject({ status: "completed", step: null });
	await expect(commit((tx) => sagas.finish(tx, id))).rejects.toMatchObject({ code: 409, type: "saga_turned" });
	await stop();
});
