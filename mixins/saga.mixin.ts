import type { ActionSchema, Service, ServiceBroker, ServiceSchema } from "moleculer";
import { getSagaOf, listSagasOf, resumeSagaOf, type SagaViewShape, sagaStarted } from "../contracts/sagas.ts";
import { newId } from "../lib/ids.ts";
import { notFound, Problem } from "../lib/problem.ts";
import { within } from "../lib/within.ts";
import { type Saga, sagaModel } from "../models/saga.ts";
import { action } from "./action.ts";
import type { Repository } from "./repository.ts";
import type { Runtime } from "./runtime.ts";
import type { SagaDefinition } from "./saga-definition.ts";
import { pageOfSagas } from "./saga-list.ts";
import { measureSagas } from "./saga-measures.ts";
import { type AnyDefinition, finished, resumed, sagaView } from "./saga-progress.ts";
import { commandOfSaga, SagaWorker } from "./saga-worker.ts";
import type { Store, Transaction } from "./store.ts";

export type { SagaDefinition, SagaRun, SagaStep, StepResult } from "./saga-definition.ts";

/** How often is asked after a saga that another process may work on, ms. */
const ASK_EVERY_MS = 100;

/** The sagas that a service runs: begun inside its transactions, gone on with by any of its processes. */
export class Sagas {
	readonly store: Store;
	private readonly runtime: Runtime;
	private readonly sagas: Repository<Saga>;
	private readonly definitions: ReadonlyMap<string, AnyDefinition>;
	private worker: SagaWorker | null = null;
	private readonly waiting = new Map<string, Set<() => void>>();

	/** `store` must have been opened with `sagaModel`. */
	constructor(runtime: Runtime, store: Store, definitions: readonly AnyDefinition[]) {
		this.runtime = runtime;
		this.store = store;
		this.sagas = store.repository(sagaModel, "saga");
		this.definitions = new Map(definitions.map((definition) => [definition.type, definition]));
	}

	/**
	 * Begins a saga inside the transaction that the client's command commits: it exists exactly if the command took
	 * effect. It runs as the command's actor. `subject` is what it is about, as in events: `customer/<id>`. No worker looks
	 * at it before `notBefore`. Call `nudge` after the commit. Resolves with its id.
	 */
	async begin<S>(
		tx: Transaction,
		definition: SagaDefinition<S>,
		init: { subject: string; state: S; id?: string; notBefore?: Date },
	): Promise<string> {
		const { type, deadlineMs } = definition;
		if (!this.definitions.has(type)) throw new Error(`the service does not run the saga ${type}`);
		const saga = await this.sagas.create(tx, {
			_id: init.id ?? newId(),
			tenantId: tx.command.tenantId,
			type,
			subject: init.subject,
			status: "running",
			direction: "forward",
			position: 0,
			chunk: 0,
			pivoted: false,
			attempts: 0,
			state: JSON.stringify(init.state),
			error: null,
			log: [],
			deadline: deadlineMs === undefined ? null : new Date(tx.now.getTime() + deadlineMs),
			actor: JSON.stringify(tx.command.actor),
			traceparent: tx.command.traceparent ?? null,
			dueAt: init.notBefore ?? tx.now,
			claim: null,
			woken: false,
			endedAt: null,
		});
		const data = { sagaId: saga._id, name: type, about: saga.subject, step: null, error: null };
		await tx.emit(sagaStarted, saga, data);
		return saga._id;
	}

	/**
	 * Ends a saga whose steps the transaction itself has done: it is completed exactly if the transaction takes effect.
	 * Throws 409 `saga_turned` where it does not go forward any more.
	 */
	async finish(tx: Transaction, id: string): Promise<void> {
		const before = await this.sagas.require({ tenantId: tx.command.tenantId }, id, tx);
		const definition = this.definitions.get(before.type);
		if (before.status !== "running" || !definition)
			throw new Problem(409, "saga_turned", `The saga is ${before.status} and cannot be finished.`);
		const { after, events } = finished(before, definition, tx.now);
		const saga = await this.sagas.update(tx, before, after);
		for (const { contract, step } of events)
			await tx.emit(contract, saga, { sagaId: id, name: saga.type, about: saga.subject, step, error: saga.error });
	}

	/** Lets a saga that waits go on now. Does nothing to one that is over or stuck. */
	async wake(id: string): Promise<void> {
		const rows = this.store.model(sagaModel);
		const goesOn = { _id: id, status: { $in: ["running", "compensating"] } };
		const now = this.runtime.clock.now();
		// One that is being worked on decides right now whether to wait, and is told not to; it may just have done so.
		for (let attempt = 0; attempt < 5; attempt++) {
			const waiting = await rows.updateOne({ ...goesOn, claim: null } as never, { $set: { dueAt: now } });
			if (waiting.matchedCount > 0) break;
			const claimed = await rows.updateOne({ ...goesOn, claim: { $ne: null } } as never, { $set: { woken: true } });
			if (claimed.matchedCount > 0) break;
		}
		this.nudge();
	}

	/** Something may be due: looked at soon. */
	nudge(): void {
		this.worker?.nudge();
	}

	/** Resolves when the saga has ended or is stuck, or the time is over, with its view. Throws 404 where there is none. */
	async settled(id: string, withinMs: number): Promise<SagaViewShape> {
		this.nudge();
		const until = performance.now() + withinMs;
		for (;;) {
			const change = this.nextChange(id);
			try {
				const saga = await this.store.model(sagaModel).findById(id).lean<Saga>();
				if (!saga) throw notFound("saga");
				const left = until - performance.now();
				if (saga.endedAt || saga.status === "stuck" || left <= 0) return this.view(saga);
				await within(Math.min(left, ASK_EVERY_MS), change.happened).catch(() => undefined);
			} finally {
				change.forget();
			}
		}
	}

	/** The next change of a saga by this process, counted from now on. */
	private nextChange(id: string): { happened: Promise<void>; forget(): void } {
		const waiters = this.waiting.get(id) ?? new Set();
		this.waiting.set(id, waiters);
		let wake: () => void = () => undefined;
		const happened = new Promise<void>((resolve) => {
			wake = resolve;
		});
		waiters.add(wake);
		const forget = () => {
			waiters.delete(wake);
			if (waiters.size === 0) this.waiting.delete(id);
		};
		return { happened, forget };
	}

	/** A saga of the tenant or, for null, of any. Throws 404 where there is none. */
	async get(tenantId: string | null, id: string): Promise<SagaViewShape> {
		return this.view(await this.require(tenantId, id));
	}

	/** Lets a stuck saga go on. Throws 404 where there is none and 409 where it is not stuck. */
	async resume(tenantId: string | null, id: string): Promise<SagaViewShape> {
		const found = await this.require(tenantId, id);
		const resuming = await this.store.commit(commandOfSaga(found, null), async (tx) => {
			const before = await this.sagas.require({ tenantId: found.tenantId }, id, tx);
			const definition = this.definitions.get(before.type);
			if (before.status !== "stuck" || !definition)
				throw new Problem(409, "invalid_transition", `A saga that is ${before.status} cannot be resumed.`);
			return this.sagas.update(tx, before, resumed(before, definition, tx.now));
		});
		this.nudge();
		return this.view(resuming);
	}

	private async require(tenantId: string | null, id: string): Promise<Saga> {
		const saga = await this.store.model(sagaModel).findById(id).lean<Saga>();
		if (!saga || (tenantId !== null && saga.tenantId !== tenantId)) throw notFound("saga");
		return saga;
	}

	view(saga: Saga): SagaViewShape {
		return sagaView(saga, this.definitions.get(saga.type));
	}

	/** To be called once the store is connected: this process works on what is due. */
	start(broker: ServiceBroker, logger: Service["logger"]): void {
		const { runtime, store, sagas, definitions } = this;
		const worker = new SagaWorker({
			runtime,
			store,
			sagas,
			definitions,
			broker,
			logger,
			changed: (saga) => {
				for (const wake of this.waiting.get(saga._id) ?? []) wake();
			},
		});
		this.worker = worker;
		const stopMeasuring = measureSagas(runtime, store);
		store.onStop(() => {
			stopMeasuring();
			return worker.stop();
		});
		worker.start();
	}

	/** Resolves when nothing that is due now is left to do in this process. */
	async idle(): Promise<void> {
		await this.worker?.idle();
	}
}

function sagaActions(sagas: Sagas): Record<string, ActionSchema> {
	const { service } = sagas.store;
	return {
		getSaga: action(getSagaOf(service), async ({ params }) => sagas.get(params.tenantId, params.id)),
		listSagas: action(listSagasOf(service), async ({ params }) => {
			const { rows, ...page } = await pageOfSagas(sagas.store.model(sagaModel), params);
			return { data: rows.map((saga) => sagas.view(saga)), ...page };
		}),
		resumeSaga: action(resumeSagaOf(service), async ({ params }) => sagas.resume(params.tenantId, params.id)),
	};
}

/**
 * Lets a service run sagas: its workers, and the internal actions behind `/api/sagas`. To be listed before the mixin of
 * the store, which has to be connected first.
 */
export function sagaMixin(sagas: Sagas): Partial<ServiceSchema> {
	return {
		actions: sagaActions(sagas),
		async started(this: Service) {
			sagas.start(this.broker, this.logger);
		},
	} as unknown as Partial<ServiceSchema>;
}
