import fc from "fast-check";
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
import { type SagaDefinition, type SagaRun, Sagas, sagaMixin } from "../../mixins/saga.mixin.ts";
import { commandOf, Store } from "../../mixins/store.ts";
import { defineRows } from "../../models/model.ts";
import { type Saga, sagaModel } from "../../models/saga.ts";
import { startBroker } from "../support/broker.ts";
import { manualClock } from "../support/manual-clock.ts";

/*
 * Sagas whose processes die at every point and whose participants fail, on the real broker and the real store: two
 * workers share them, as two copies of a service do. Whatever happens, each step takes effect once, or all are taken back.
 */

/** How often some ten sagas are begun together. */
const RUNS = Number(process.env.SAGA_RUNS ?? 4);

/** What a step did in another service: how many of its parts, and how many of those were taken back. */
interface Effect {
	_id: string;
	tenantId: string;
	done: number;
	undone: number;
}

const effectModel = defineRows<Effect>("effects", {
	tenantId: { type: String, required: true },
	done: { type: Number, required: true },
	undone: { type: Number, required: true },
});

const Params = strict({ tenantId: Id, sagaId: Id, step: Type.String() });
const apply = defineAction({
	name: "participant.apply",
	access: "internal",
	summary: "Do a part of a step",
	body: Params,
	result: Type.Null(),
});
const takeBack = defineAction({
	name: "participant.takeBack",
	access: "internal",
	summary: "Take back all parts of a step",
	body: Params,
	result: Type.Null(),
});

/** What goes wrong at a call: nothing, an error or the end of the process, before or after it took effect. */
const FAULTS = ["none", "none", "error before", "error after", "crash before", "crash after"] as const;
type Fault = (typeof FAULTS)[number];

/** One saga of a run. */
interface Scenario {
	/** the step that refuses, after so many of its parts; none where null */
	refusal: { step: number; part: number } | null;
	/** parts of each step */
	parts: number[];
	/** what goes wrong, call by call; nothing after that */
	faults: Fault[];
}

interface Work {
	scenario: Scenario;
}

const STEPS = 4;
const PIVOT = 2;

/** Where processes stand still that have died: they never answer, or much too late. */
class Graveyard {
	readonly dead: (() => void)[] = [];
	deaths = 0;

	/** The end of a process, as its saga sees it. */
	die(): Promise<void> {
		this.deaths++;
		return new Promise((resolve) => this.dead.push(resolve));
	}

	/** Somebody believed dead goes on where it stood, long after others took over. */
	wake(): void {
		this.dead.shift()?.();
	}
}

function world(runtime: Runtime) {
	const graveyard = new Graveyard();
	const faults = new Map<string, Fault[]>();
	let errors = 0;
	const effects = new Store(runtime, "participant", [effectModel as never], () => undefined);
	const rows = () => effects.model(effectModel);
	const participant: ServiceSchema = {
		name: "participant",
		mixins: [collectionMixin(effects)],
		actions: {
			apply: action(apply, async (ctx) => {
				const { tenantId, sagaId, step } = ctx.params;
				return effects.commit(commandOf(ctx, tenantId), async ({ session }) => {
					const change = { $inc: { done: 1 }, $setOnInsert: { tenantId, undone: 0 } };
					await rows().updateOne({ _id: `${sagaId} ${step}` }, change, { upsert: true, session });
					return null;
				});
			}),
			takeBack: action(takeBack, async (ctx) => {
				const { tenantId, sagaId, step } = ctx.params;
				return effects.commit(commandOf(ctx, tenantId), async ({ session }) => {
					const effect = await rows().findById(`${sagaId} ${step}`).session(session).lean<Effect>();
					if (effect) await rows().updateOne({ _id: effect._id }, { $inc: { undone: effect.done } }, { session });
					return null;
				});
			}),
		},
	};
	/** Calls the participant under whatever goes wrong next for the saga. */
	const call = async (run: SagaRun<Work>, contract: typeof apply, step: string) => {
		const fault = faults.get(run.id)?.shift() ?? "none";
		const fail = () => {
			errors++;
			throw new Error("something went wrong");
		};
		if (fault === "crash before") await graveyard.die();
		if (fault === "error before") fail();
		await run.call(contract, { tenantId: run.tenantId, sagaId: run.id, step });
		if (fault === "crash after") await graveyard.die();
		if (fault === "error after") fail();
	};
	const definition: SagaDefinition<Work> = {
		type: "test.chaos",
		steps: Array.from({ length: STEPS }, (_, index) => ({
			name: `s${index}`,
			pivot: index === PIVOT,
			async run(run: SagaRun<Work>) {
				const { refusal, parts } = run.state.scenario;
				if (refusal?.step === index && run.chunk === refusal.part) throw new Problem(422, "refused", "It cannot be.");
				await call(run, apply, `s${index}`);
				return run.chunk + 1 < (parts[index] ?? 1) ? { again: true } : {};
			},
			undo: (run: SagaRun<Work>) => call(run, takeBack, `s${index}`),
		})),
	};
	const host = new Store(runtime, "host", [sagaModel as never], () => undefined);
	const workers = [new Sagas(runtime, host, [definition]), new Sagas(runtime, host, [definition])] as const;
	const hostSchema: ServiceSchema = {
		name: "host",
		mixins: [sagaMixin(workers[0]), collectionMixin(host)],
		async started() {
			workers[1].start(this.broker, this.logger);
		},
	};
	return {
		graveyard,
		faults,
		definition,
		host,
		workers,
		rows,
		schemas: [participant, hostSchema],
		errors: () => errors,
	};
}

const scenario: fc.Arbitrary<Scenario> = fc.record({
	refusal: fc.option(fc.record({ step: fc.nat(PIVOT), part: fc.nat(1) }), { freq: 2 }),
	parts: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: STEPS, maxLength: STEPS }),
	faults: fc.array(fc.constantFrom(...FAULTS), { maxLength: 10 }),
});

test("each step takes effect once, or all are taken back, whatever dies when", async () => {
	const clock = manualClock();
	let made: ReturnType<typeof world> | undefined;
	const broker = await startBroker(
		[
			(runtime) => {
				made = world(runtime);
				return made.schemas[0] as ServiceSchema;
			},
			() => made?.schemas[1] as ServiceSchema,
		],
		{ clock },
	);
	if (!made) throw new Error("there is no world");
	const { graveyard, faults, definition, host, workers, rows, errors } = made;
	const tenantId = newId();
	const command = { tenantId, actor: systemActor("test"), correlationId: newId(), causationId: null, id: null };
	const begin = async (one: Scenario) => {
		const id = newId();
		faults.set(id, [...one.faults]);
		return host.commit(command, (tx) =>
			workers[0].begin(tx, definition, { id, subject: "thing/1", state: { scenario: one } }),
		);
	};
	const total = { sagas: 0, completed: 0, compensated: 0 };

	await fc.assert(
		fc.asyncProperty(fc.array(scenario, { minLength: 8, maxLength: 16 }), async (scenarios) => {
			const ids: string[] = [];
			for (const one of scenarios) ids.push(await begin(one));
			const going = async () =>
				host.model(sagaModel).countDocuments({ tenantId, status: { $in: ["running", "compensating"] } });
			for (let turn = 0; (await going()) > 0; turn++) {
				if (turn > 2000) throw new Error("a saga never ends");
				for (const worker of workers) worker.nudge();
				await new Promise((resolve) => setTimeout(resolve, 4));
				// Past back-offs and leases: what a dead process held is taken over, and some of the dead come back.
				if (turn % 2 === 1) clock.advance(16_000);
				if (turn % 4 === 3) graveyard.wake();
			}
			for (const [index, id] of ids.entries()) {
				const saga = (await host.model(sagaModel).findById(id).lean<Saga>()) as Saga;
				const { refusal, parts } = scenarios[index] as Scenario;
				const isRefused = refusal !== null && refusal.part < (parts[refusal.step] ?? 0);
				expect([id, saga.status]).toEqual([id, isRefused ? "compensated" : "completed"]);
				for (let step = 0; step < STEPS; step++) {
					const effect = await rows().findById(`${id} s${step}`).lean<Effect>();
					const { done, undone } = effect ?? { done: 0, undone: 0 };
					if (!isRefused) expect([step, done, undone]).toEqual([step, parts[step], 0]);
					else if (step > refusal.step) expect([step, done]).toEqual([step, 0]);
					else {
						const expected = step === refusal.step ? refusal.part : parts[step];
						expect([step, done, undone]).toEqual([step, expected, expected]);
					}
				}
				total.sagas++;
				total[saga.status as "completed"]++;
			}
		}),
		{ seed: 20, numRuns: RUNS, endOnFailure: true },
	);
	while (graveyard.dead.length > 0) graveyard.wake();
	await host.flush();

	// What the world was told: once that each began, once how it ended, and once for each step that was done.
	const told = new Map<string, number>();
	for (const { event } of await broker.runtime.events.read({ limit: 10_000 })) {
		const { sagaId, step } = event.data as { sagaId: string; step: string | null };
		const key = `${sagaId} ${event.type} ${step}`;
		told.set(key, (told.get(key) ?? 0) + 1);
	}
	expect([...told.values()].every((times) => times === 1)).toBe(true);
	const ends = [...told.keys()].filter((key) => /saga\.(completed|compensated)/.test(key));
	expect(ends.length).toBe(total.sagas);
	expect(graveyard.deaths).toBeGreaterThan(10 * RUNS);
	expect(errors()).toBeGreaterThan(10 * RUNS);
	expect(Math.min(total.completed, total.compensated)).toBeGreaterThan(2 * RUNS);
	await broker.stop();
}, 180_000);
