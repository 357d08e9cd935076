import { randomBytes } from "node:crypto";
import type { Context } from "moleculer";
import type { ClientSession, Connection, Model as MongooseModel } from "mongoose";
import { actorOf, systemActor } from "../contracts/caller.ts";
import type { EventContract } from "../contracts/contract.ts";
import type { Actor, DomainEvent } from "../lib/event-log.ts";
import { Problem } from "../lib/problem.ts";
import { leaseModel } from "../models/lease.ts";
import type { Entity, Model } from "../models/model.ts";
import {
	type InboxRow,
	inboxModel,
	type OutboxRow,
	outboxModel,
	type ReceiptRow,
	receiptModel,
	type ServiceValueRow,
	serviceValueModel,
} from "../models/outbox.ts";
import type { Meta } from "./action.ts";
import { mapStoreError, ServiceAdapter } from "./adapter.ts";
import { type Lease, Leases } from "./lease.ts";
import { OutboxRelay, outboxRow } from "./outbox.ts";
import { type InTransaction, isRace, Repository } from "./repository.ts";
import type { Runtime } from "./runtime.ts";

/** Why something is written: who did it, in which tenant, and what it follows from. */
export interface Command {
	tenantId: string;
	actor: Actor;
	correlationId: string;
	causationId: string | null;
	/** names the command for all its repeats; null where the client did not ask for that */
	id: string | null;
}

/** An open transaction of a command: what it writes and the events it records become durable together. */
export interface Transaction extends InTransaction {
	readonly command: Command;
	/** Records an event about an aggregate; its `sequence` is the aggregate's version. */
	emit<D>(contract: EventContract<D>, aggregate: { _id: string; version: number }, data: D): Promise<void>;
}

/** The command behind a call: the caller's, or the service's own where none is named. */
export function commandOf(ctx: Context<unknown, Meta>, tenantId?: string): Command {
	const { caller, commandId } = ctx.meta;
	const tenant = tenantId ?? caller?.tenant?.id;
	if (!tenant) throw new Problem(403, "forbidden", "The platform's own credential sees no tenant's data.");
	return {
		tenantId: tenant,
		actor: caller ? actorOf(caller) : systemActor(ctx.service?.name ?? "system"),
		correlationId: ctx.requestID ?? ctx.id,
		causationId: null,
		id: commandId ? `${commandId} ${ctx.action?.name ?? ""}` : null,
	};
}

/** The command of a service that acts on an event. */
export function commandOfEvent(event: DomainEvent, service: string): Command {
	return {
		tenantId: event.tenantId,
		actor: systemActor(service),
		correlationId: event.correlationId,
		causationId: event.id,
		id: null,
	};
}

const ATTEMPTS = 8;

/** How long receipts and inbox rows are kept: longer than any repeat or redelivery is looked for, ms. */
const KEEP_MS = 8 * 24 * 3600 * 1000;
const CLEAN_EVERY_MS = 3600 * 1000;

/** A service's documents: its collections, its transactions and its outbox, on a connection of its own. */
export class Store {
	readonly adapter: ServiceAdapter;
	private readonly runtime: Runtime;
	/** whose it is */
	readonly service: string;
	private readonly relay: OutboxRelay;
	private readonly leases: Leases;
	private opened: Connection | null = null;
	private cursorKey = "";
	private cleaner: NodeJS.Timeout | undefined;
	private readonly stoppers: (() => Promise<void>)[] = [];
	private readonly settlers: (() => Promise<void>)[] = [];

	constructor(runtime: Runtime, service: string, models: readonly Model<never>[], onError: (error: unknown) => void) {
		this.runtime = runtime;
		this.service = service;
		this.adapter = new ServiceAdapter(
			() => runtime.openConnection(service),
			() => [
				...(models as readonly Model<{ _id: string }>[]),
				outboxModel as Model<{ _id: string }>,
				inboxModel as Model<{ _id: string }>,
				receiptModel as Model<{ _id: string }>,
				serviceValueModel as Model<{ _id: string }>,
				leaseModel as Model<{ _id: string }>,
			],
			{
				connected: (connection) => {
					this.opened = connection;
				},
				disconnecting: () => this.stop(),
			},
		);
		this.relay = new OutboxRelay(() => this.model(outboxModel), runtime.events, onError);
		this.leases = new Leases(() => this.model(leaseModel), runtime.clock);
	}

	private get connection(): Connection {
		if (!this.opened) throw new Error(`the store of ${this.service} is not connected yet`);
		return this.opened;
	}

	/** The Mongoose model of a collection, for what a repository does not offer. Only after the service has started. */
	model<T extends { _id: string }>(model: Model<T>): MongooseModel<T> {
		return this.connection.model<T>(model.name);
	}

	/** The repository of a collection of aggregates. `what` names one of them in messages, such as `ticket`. */
	repository<T extends Entity>(model: Model<T>, what: string): Repository<T> {
		return new Repository<T>({
			what,
			model: () => this.model(model),
			cursorKey: () => this.cursorKey,
		});
	}

	/** A secret of this service, the same in all its processes, for what it seals. Only after the service has started. */
	get secret(): string {
		if (this.cursorKey === "") throw new Error(`the store of ${this.service} has not started yet`);
		return this.cursorKey;
	}

	/** To be called once the adapter is connected: the outbox begins to flow. */
	async start(): Promise<void> {
		const values = this.model(serviceValueModel);
		await values.updateOne(
			{ _id: "cursorKey" },
			{ $setOnInsert: { text: randomBytes(32).toString("base64") } },
			{ upsert: true },
		);
		this.cursorKey = (await values.findById("cursorKey").lean<ServiceValueRow>())?.text ?? "";
		this.relay.start();
		this.cleaner = setInterval(() => void this.clean().catch(() => undefined), CLEAN_EVERY_MS).unref();
	}

	/** Names something that uses the store and has to end before its connection is closed. */
	onStop(stopper: () => Promise<void>): void {
		this.stoppers.push(stopper);
	}

	/** Names something that writes by itself, such as a subscription; it resolves when it is done with what it knows. */
	onSettle(settler: () => Promise<void>): void {
		this.settlers.push(settler);
	}

	/** Resolves when what is in the log now has taken effect here, and everything committed so far is in the log. */
	async settle(): Promise<void> {
		for (const settler of this.settlers) await settler();
		await this.flush();
	}

	/** Ends what uses the store, then the outbox; what is left in it is published at the next start. */
	private async stop(): Promise<void> {
		clearInterval(this.cleaner);
		for (const stopper of this.stoppers) await stopper();
		await this.relay.stop();
	}

	/** Resolves when every event committed so far is in the log. */
	async flush(): Promise<void> {
		await this.relay.flush();
	}

	/** Asks the database for an answer. Throws where it has none. */
	async ping(): Promise<void> {
		await this.connection.db?.command({ ping: 1 });
	}

	/** How long the oldest event that was committed here and is not yet in the log has waited, ms; 0 where there is none. */
	async outboxLagMs(): Promise<number> {
		const [oldest] = await this.model(outboxModel).find({}).sort({ _id: 1 }).limit(1).lean<OutboxRow[]>();
		return oldest ? Math.max(0, this.runtime.clock.now().getTime() - oldest.createdAt.getTime()) : 0;
	}

	/** Takes the lease of a name, see {@link Leases.take}: null where some process of this service holds it. */
	lease(name: string, ttlMs: number): Promise<Lease | null> {
		return this.leases.take(name, ttlMs);
	}

	/** Does a piece of work in one process of this service at a time, see {@link Leases.during}. */
	withLease<R>(
		name: string,
		ttlMs: number,
		work: (lease: Lease) => Promise<R>,
	): Promise<{ taken: true; result: R } | { taken: false }> {
		return this.leases.during(name, ttlMs, work);
	}

	/** The next number of a sequence from 1: never given twice, gaps allowed. */
	async nextNumber(sequence: string): Promise<number> {
		const row = await this.model(serviceValueModel)
			// Need not be on the disk by itself: the commit that uses the number takes it there.
			.findOneAndUpdate(
				{ _id: sequence },
				{ $inc: { number: 1 } },
				{ upsert: true, new: true, writeConcern: { w: "majority", j: false } },
			)
			.lean<ServiceValueRow>();
		return row?.number ?? 0;
	}

	/**
	 * Does a piece of work in one transaction: all its documents and events, or none. The work may run several times
	 * (a race was lost, the database asked for it), so it must do nothing but read and write through `tx`. A command with
	 * an id takes effect once: its repeat gets the first answer, as JSON made it.
	 * @throws 409 `conflict` when others keep changing the same documents
	 */
	async commit<R>(command: Command, work: (tx: Transaction) => Promise<R>): Promise<R> {
		const done = await this.attempts(async (tx) => {
			if (command.id !== null) {
				const receipt = await this.receipt(command.id, tx.session);
				if (receipt) return JSON.parse(receipt.result) as R;
			}
			const result = await work(tx);
			if (command.id !== null)
				await this.model(receiptModel).create(
					[{ _id: command.id, result: JSON.stringify(result ?? null), createdAt: tx.now }],
					{ session: tx.session },
				);
			return result;
		}, command);
		this.relay.nudge();
		return done;
	}

	/**
	 * Lets an event take effect once for a consumer group: the effect and the event's id are written together, and a
	 * redelivery does nothing.
	 */
	async handleOnce(group: string, event: DomainEvent, effect: (tx: Transaction) => Promise<void>): Promise<void> {
		const _id = `${group} ${event.id}`;
		await this.attempts(
			async (tx) => {
				const inbox = this.model(inboxModel);
				if (await inbox.findById(_id).session(tx.session).lean<InboxRow>()) return;
				await inbox.create([{ _id, handledAt: tx.now }], { session: tx.session });
				await effect(tx);
			},
			commandOfEvent(event, this.service),
		);
		this.relay.nudge();
	}

	/**
	 * Lets several events take effect once for a consumer group, all in one transaction or none. `effect` is given those
	 * that had none yet, in their order.
	 */
	async handleAllOnce<E extends { event: DomainEvent }>(
		group: string,
		deliveries: readonly E[],
		effect: (fresh: readonly E[], tx: InTransaction) => Promise<void>,
	): Promise<void> {
		const [first] = deliveries;
		if (!first) return;
		const idOf = ({ event }: E) => `${group} ${event.id}`;
		await this.attempts(
			async (tx) => {
				const inbox = this.model(inboxModel);
				const rows = await inbox
					.find({ _id: { $in: deliveries.map(idOf) } })
					.session(tx.session)
					.lean<InboxRow[]>();
				const handled = new Set(rows.map((row) => row._id));
				const fresh = deliveries.filter((delivery) => !handled.has(idOf(delivery)));
				if (fresh.length === 0) return;
				const noted = fresh.map((delivery) => ({ _id: idOf(delivery), handledAt: tx.now }));
				await inbox.collection.insertMany(noted as never[], { session: tx.session });
				await effect(fresh, tx);
			},
			commandOfEvent(first.event, this.service),
		);
	}

	private receipt(id: string, session: ClientSession): Promise<ReceiptRow | null> {
		return this.model(receiptModel).findById(id).session(session).lean<ReceiptRow>();
	}

	private async attempts<R>(work: (tx: Transaction) => Promise<R>, command: Command): Promise<R> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await this.transaction(work, command);
			} catch (error) {
				if (!isRace(error)) throw mapStoreError(error);
				if (attempt === ATTEMPTS)
					throw new Problem(409, "conflict", "Others keep changing this at the same time. Try again.", {
						cause: error,
					});
			}
		}
	}

	private async transaction<R>(work: (tx: Transaction) => Promise<R>, command: Command): Promise<R> {
		const session = await this.connection.startSession();
		try {
			let result: R | undefined;
			await session.withTransaction(
				async () => {
					const recorded: OutboxRow[] = [];
					result = await work(this.transactionOf(session, command, recorded));
					// Past Mongoose, which would cast and validate what was made right here.
					if (recorded.length > 0)
						await this.model(outboxModel).collection.insertMany(recorded as never[], { session });
				},
				{ readConcern: { level: "snapshot" }, writeConcern: { w: "majority", j: true } },
			);
			return result as R;
		} finally {
			await session.endSession();
		}
	}

	private transactionOf(session: ClientSession, command: Command, recorded: OutboxRow[]): Transaction {
		const now = this.runtime.clock.now();
		const emit: Transaction["emit"] = async (contract, aggregate, data) => {
			recorded.push(outboxRow(this.service, command, contract, aggregate, data, now));
		};
		return { session, now, command, emit };
	}

	private async clean(): Promise<void> {
		const before = new Date(this.runtime.clock.now().getTime() - KEEP_MS);
		await this.model(receiptModel).deleteMany({ createdAt: { $lt: before } });
		await this.model(inboxModel).deleteMany({ handledAt: { $lt: before } });
	}
}
