import type { Service, ServiceBroker } from "moleculer";
import { newId } from "../lib/ids.ts";
import { within } from "../lib/within.ts";
import { type Saga, sagaModel } from "../models/saga.ts";
import { DueWork } from "./due-work.ts";
import { type Repository, VersionConflict } from "./repository.ts";
import type { Runtime } from "./runtime.ts";
import type { SagaRun, StepResult } from "./saga-definition.ts";
import { type AnyDefinition, pastDeadline, stepDone, stepFailed, type Transition } from "./saga-progress.ts";
import type { Command, Store, Transaction } from "./store.ts";

/** How long a process that stopped answering keeps others from going on with its sagas, ms. */
const LEASE_MS = 15_000;
/** How often is looked for sagas that another process left behind, ms. */
const SWEEP_MS = 5000;
/** How many sagas one process works on at the same time. */
const AT_ONCE = 8;
/** A part of a step that takes longer has failed, ms. */
const STEP_TIMEOUT_MS = 120_000;

/** Somebody else works on the saga by now. */
class LostClaim extends Error {
	override name = "LostClaim";
}

/** What the workers stand on. */
export interface WorkerParts {
	runtime: Runtime;
	store: Store;
	sagas: Repository<Saga>;
	definitions: ReadonlyMap<string, AnyDefinition>;
	broker: ServiceBroker;
	logger: Service["logger"];
	/** a saga was saved */
	changed(saga: Saga, transition: Transition): void;
}

/** The command of a saga itself, as whoever started it. */
export function commandOfSaga(saga: Saga, id: string | null): Command {
	const { tenantId, _id, actor, traceparent } = saga;
	const command = { tenantId, actor: JSON.parse(actor), correlationId: _id, causationId: null, id };
	return traceparent === null ? command : { ...command, traceparent };
}

/**
 * Works on the sagas of a service that are due, in any of its processes: a saga is claimed for a while, and who stops
 * renewing its claim loses it. Every change is a compare-and-set on the saga's version, so that of two who believe to
 * hold it one goes on; what both did meanwhile has the same command ids, and took effect once.
 */
export class SagaWorker {
	private readonly parts: WorkerParts;
	private readonly due: DueWork;
	private readonly stopping = new AbortController();

	constructor(parts: WorkerParts) {
		this.parts = parts;
		this.due = new DueWork({
			look: () => this.look(),
			everyMs: SWEEP_MS,
			failed: (error) => parts.logger.error({ err: error }, "Sagas cannot be looked for"),
		});
	}

	start(): void {
		this.due.start();
	}

	/** Something may be due. Never waits, never throws. */
	nudge(): void {
		this.due.nudge();
	}

	/** Ends after the parts of steps that are under way; the sagas are free for other processes at once. */
	async stop(): Promise<void> {
		this.stopping.abort();
		await this.due.stop();
	}

	/** Resolves when nothing that is due now is left to do here. */
	idle(): Promise<void> {
		return this.due.idle();
	}

	/** Takes on what is due and resolves with when to look again, in ms. */
	private async look(): Promise<number> {
		const { runtime, store } = this.parts;
		const rows = store.model(sagaModel);
		const now = runtime.clock.now();
		const free = AT_ONCE - this.due.size;
		if (free <= 0) return SWEEP_MS;
		const due = await rows
			.find({ dueAt: { $lte: now } })
			.sort({ dueAt: 1, _id: 1 })
			.limit(AT_ONCE)
			.lean<Saga[]>();
		for (const saga of due.filter(({ _id }) => !this.due.has(_id)).slice(0, free)) {
			const claimed = await this.claim(saga);
			if (claimed) this.takeOn(claimed);
		}
		if (due.length === AT_ONCE && this.due.size < AT_ONCE) return 0;
		const [next] = await rows
			.find({ dueAt: { $gt: now } })
			.sort({ dueAt: 1, _id: 1 })
			.limit(1)
			.lean<Saga[]>();
		return next?.dueAt ? next.dueAt.getTime() - now.getTime() + 1 : SWEEP_MS;
	}

	private takeOn(saga: Saga): void {
		const work = this.work(saga).catch((error: unknown) => {
			if (error instanceof LostClaim) return;
			const { logger } = this.parts;
			logger.error({ err: error, sagaId: saga._id, saga: saga.type }, "A saga cannot be gone on with for now");
		});
		this.due.takeOn([saga._id], work);
	}

	private leaseEnd(): Date {
		return new Date(this.parts.runtime.clock.now().getTime() + LEASE_MS);
	}

	/** Claims a saga as it was found, or null where somebody was faster. */
	private async claim(saga: Saga): Promise<Saga | null> {
		const { _id, version } = saga;
		const held = { claim: newId(), dueAt: this.leaseEnd() };
		const rows = this.parts.store.model(sagaModel);
		const { matchedCount } = await rows.updateOne({ _id, version }, { $set: held, $inc: { version: 1 } });
		return matchedCount === 0 ? null : { ...saga, ...held, version: version + 1 };
	}

	/** Goes on with a saga until it is over, waits, or the process stops. */
	private async work(claimed: Saga): Promise<void> {
		const definition = this.parts.definitions.get(claimed.type);
		// A newer process knows it: it is left to that one.
		if (!definition) throw new Error(`there is no saga ${claimed.type} in this process`);
		for (let saga = claimed; saga.claim !== null; ) {
			const transition = await this.advance(saga, definition);
			saga = await this.save(saga, transition);
		}
	}

	/** Does or undoes the next part of the next step. */
	private async advance(saga: Saga, definition: AnyDefinition): Promise<Transition> {
		const now = () => this.parts.runtime.clock.now();
		const late = pastDeadline(saga, definition, now());
		if (late) return late;
		const lost = new AbortController();
		const renewal = setInterval(() => void this.renew(saga, lost).catch(() => undefined), LEASE_MS / 3).unref();
		try {
			const signal = AbortSignal.any([lost.signal, this.stopping.signal]);
			const result = await within(STEP_TIMEOUT_MS, this.runStep(saga, definition, signal));
			return stepDone(saga, definition, result, now());
		} catch (error) {
			if (lost.signal.aborted) throw new LostClaim();
			this.sayFailed(saga, definition, error);
			return stepFailed(saga, definition, error, now());
		} finally {
			clearInterval(renewal);
			lost.abort();
		}
	}

	private async runStep(
		saga: Saga,
		definition: AnyDefinition,
		signal: AbortSignal,
	): Promise<StepResult<object> | undefined> {
		const step = definition.steps[saga.position];
		if (!step) throw new Error(`the saga ${saga.type} has no step ${saga.position}`);
		const isBack = saga.direction === "back";
		const run = this.runOf(saga, `${saga._id}:${step.name}${isBack ? ":undo" : ""}`, signal);
		return (await (isBack ? step.undo?.(run) : step.run(run))) ?? undefined;
	}

	private runOf(saga: Saga, name: string, signal: AbortSignal): SagaRun<object> {
		const { broker, store, runtime } = this.parts;
		const commandId = saga.chunk === 0 ? name : `${name}:${saga.chunk}`;
		const { traceparent } = saga;
		return {
			id: saga._id,
			tenantId: saga.tenantId,
			state: JSON.parse(saga.state),
			attempt: saga.attempts + 1,
			chunk: saga.chunk,
			now: runtime.clock.now(),
			signal,
			call: (contract, params, key) => {
				const id = key === undefined ? commandId : `${commandId} ${key}`;
				return broker.call(contract.name, params as object, {
					meta: { commandId: id, ...(traceparent === null ? {} : { traceparent }) },
					requestID: saga._id,
				}) as Promise<never>;
			},
			commit: (work) => store.commit(commandOfSaga(saga, `${commandId} commit`), work),
		};
	}

	private async renew({ _id, claim }: Saga, lost: AbortController): Promise<void> {
		const rows = this.parts.store.model(sagaModel);
		const { matchedCount } = await rows.updateOne({ _id, claim }, { $set: { dueAt: this.leaseEnd() } });
		if (matchedCount === 0) lost.abort();
	}

	/** Writes what a saga became, with its events. @throws LostClaim where somebody else went on with it */
	private async save(before: Saga, transition: Transition): Promise<Saga> {
		const { store, changed } = this.parts;
		const saved = await store.commit(commandOfSaga(transition.after, null), async (tx) => {
			const after = await this.keptOrLetGo(tx, before, transition.after);
			const written = await this.write(tx, before, after);
			for (const { contract, step } of transition.events) {
				const { _id: sagaId, type: name, subject: about, error } = written;
				await tx.emit(contract, written, { sagaId, name, about, step, error });
			}
			return written;
		});
		if (saved.status === "stuck") this.sayStuck(saved);
		changed(saved, transition);
		return saved;
	}

	/** The saga with this process's claim, where it goes on at once, or without. One that was woken meanwhile goes on. */
	private async keptOrLetGo(tx: Transaction, { claim }: Saga, after: Saga): Promise<Saga> {
		if (!after.dueAt || this.stopping.signal.aborted) return { ...after, claim: null };
		if (after.dueAt <= tx.now) return { ...after, claim, dueAt: this.leaseEnd() };
		const rows = this.parts.store.model(sagaModel);
		const woken = await rows.updateOne(
			{ _id: after._id, woken: true },
			{ $set: { woken: false } },
			{ session: tx.session },
		);
		return woken.matchedCount === 0 ? { ...after, claim: null } : { ...after, claim, dueAt: this.leaseEnd() };
	}

	private async write(tx: Transaction, before: Saga, after: Saga): Promise<Saga> {
		try {
			return await this.parts.sagas.update(tx, before, after);
		} catch (error) {
			if (error instanceof VersionConflict) throw new LostClaim();
			throw error;
		}
	}

	private sayStuck({ _id: sagaId, type, tenantId, error, direction }: Saga): void {
		this.parts.logger.error(
			{ sagaId, saga: type, step: error?.step, code: error?.code, direction, tenantId },
			"A saga is stuck: nobody goes on with it until it is resumed",
		);
	}

	private sayFailed(saga: Saga, definition: AnyDefinition, error: unknown): void {
		const step = definition.steps[saga.position]?.name;
		const { _id: sagaId, type, tenantId, attempts, direction } = saga;
		this.parts.logger.warn(
			{ err: error, sagaId, saga: type, step, direction, tenantId, attempt: attempts + 1 },
			"A step of a saga failed",
		);
	}
}
