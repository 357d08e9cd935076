import type { Context } from "moleculer";
import type { Connection, Model as MongooseModel } from "mongoose";
import { actorOf, systemActor } from "../contracts/caller.ts";
import type { EventContract } from "../contracts/event-contract.ts";
import type { Actor, DomainEvent } from "../lib/event-log.ts";
import { Problem } from "../lib/problem.ts";
import { leaseModel } from "../models/lease.ts";
import { migrationModel } from "../models/migration.ts";
import type { Entity, Model } from "../models/model.ts";
import {
	inboxModel,
	type OutboxRow,
	outboxModel,
	publishedModel,
	receiptModel,
	serviceValueModel,
} from "../models/outbox.ts";
import { transactionHolderModel } from "../models/transaction-holder.ts";
import type { Meta } from "./action.ts";
import { ServiceAdapter } from "./adapter.ts";
import { type Lease, Leases } from "./lease.ts";
import { type Migration, migrate } from "./migrations.ts";
import { Publishing } from "./publishing.ts";
import { type InTransaction, Repository } from "./repository.ts";
import { Retention } from "./retention.ts";
import type { Runtime } from "./runtime.ts";
import { ServiceValues } from "./service-values.ts";
import { STORE_MIGRATIONS } from "./store-migrations.ts";
import { TransactionHolders } from "./transaction-holders.ts";
import { Transactions } from "./transactions.ts";

/** Why something is written: who did it, in which tenant, and what it follows from. */
export interface Command {
	tenantId: string;
	actor: Actor;
	correlationId: string;
	causationId: string | null;
	/** names the command for all its repeats; null where the client did not ask for that */
	id: string | null;
	/** the trace that it is done in, handed on with its events */
	traceparent?: string | undefined;
}

/** An open transaction of a command: what it writes and the events it records become durable together. */
export interface Transaction extends InTransaction {
	readonly command: Command;
	/** Records an event about an aggregate; its `sequence` is the aggregate's version. */
	emit<D>(contract: EventContract<D>, aggregate: { _id: string; version: number }, data: D): Promise<void>;
	/** The same transaction, whose events follow from something else than the command itself. */
	because(causationId: string | null, correlationId?: string): Transaction;
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
		traceparent: ctx.meta.traceparent,
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
		traceparent: event.traceparent,
	};
}

/** The collections that every service has beside its own. */
const FRAME_MODELS = [
	outboxModel,
	publishedModel,
	inboxModel,
	receiptModel,
	serviceValueModel,
	leaseModel,
	migrationModel,
];

/** A service's documents: its collections, its transactions and its outbox, on a connection of its own. */
export class Store {
	readonly adapter: ServiceAdapter;
	/** whose it is */
	readonly service: string;
	/** all its collections, those of the store itself too */
	readonly models: readonly Model<{ _id: string }>[];
	private readonly publishing: Publishing;
	private readonly values: ServiceValues;
	private readonly leases: Leases;
	private readonly transactions: Transactions;
	/** null where a killed process takes its transactions with it */
	private readonly holders: TransactionHolders | null;
	private opened: Connection | null = null;
	private cursorKey = "";
	private readonly retention: Retention;
	private readonly stoppers: (() => Promise<void>)[] = [];
	private readonly settlers: (() => Promise<void>)[] = [];
	private readonly listeners: ((tenantId: string) => Promise<void>)[] = [];

	/** `migrations` bring the documents of earlier versions up to this one before the service serves. */
	constructor(
		runtime: Runtime,
		service: string,
		models: readonly Model<never>[],
		onError: (error: unknown) => void,
		migrations: readonly Migration[] = [],
	) {
		this.service = service;
		const { clock } = runtime;
		const lists = [
			{ name: "store", migrations: STORE_MIGRATIONS },
			{ name: service, migrations },
		];
		const holders = runtime.transactionsOutliveProcess ? [transactionHolderModel] : [];
		this.models = [...models, ...FRAME_MODELS, ...holders] as readonly Model<{ _id: string }>[];
		this.adapter = new ServiceAdapter(
			() => runtime.openConnection(service),
			() => this.models,
			{
				opened: (connection, log) => migrate({ connection, lists, clock, log }),
				connected: (connection) => {
					this.opened = connection;
				},
				disconnecting: () => this.stop(),
			},
		);
		this.leases = new Leases(() => this.model(leaseModel), clock);
		this.values = new ServiceValues(() => this.model(serviceValueModel));
		this.publishing = new Publishing({
			service,
			runtime,
			model: (model) => this.model(model),
			leases: this.leases,
			onError,
		});
		this.retention = new Retention({
			model: (model) => this.model(model),
			leases: this.leases,
			published: this.publishing.published,
			clock,
		});
		this.holders = runtime.transactionsOutliveProcess
			? new TransactionHolders({ rows: () => this.model(transactionHolderModel), onError })
			: null;
		this.transactions = new Transactions({
			service,
			clock,
			connection: () => this.connection,
			model: (model) => this.model(model),
			begins: async (session) => this.holders?.note(session),
			committed: (recorded) => this.committed(recorded),
		});
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
		await this.holders?.start();
		this.cursorKey = await this.values.secret("cursorKey");
		this.publishing.start();
		this.retention.start();
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
		this.retention.stop();
		this.transactions.stop();
		for (const stopper of this.stoppers) await stopper();
		await this.publishing.stop();
		await this.holders?.stop();
	}

	/** Resolves when every event committed so far is in the log. */
	async flush(): Promise<void> {
		await this.publishing.relay.flush();
	}

	/**
	 * Takes what was overwritten or removed out of the files as far as the database does that: the embedded one begins its
	 * write-ahead log anew. One that will not is left as it is.
	 */
	async tidy(): Promise<void> {
		await this.connection.db?.command({ fsync: 1 }).catch(() => undefined);
	}

	/** Asks the database for an answer. Throws where it has none. */
	async ping(): Promise<void> {
		await this.connection.db?.command({ ping: 1 });
	}

	/** How long the oldest event that was committed here and is not yet in the log has waited, ms; 0 where there is none. */
	async outboxLagMs(): Promise<number> {
		return this.publishing.lagMs();
	}

	/** Publishes kept events again, see {@link PublishedEvents.again}. */
	republish(tenantId: string, subject: string, after: number, before: number): Promise<number> {
		return this.publishing.published.again(tenantId, subject, after, before);
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

	/** See {@link ServiceValues.nextNumber}. */
	nextNumber(sequence: string): Promise<number> {
		return this.values.nextNumber(sequence);
	}

	/**
	 * Does a piece of work in one transaction: all its documents and events, or none. The work may run several times
	 * (a race was lost, the database asked for it), so it must do nothing but read and write through `tx`. A command with
	 * an id takes effect once: its repeat gets the first answer, as JSON made it.
	 * @throws 409 `conflict` when others keep changing the same documents
	 */
	commit<R>(command: Command, work: (tx: Transaction) => Promise<R>): Promise<R> {
		return this.transactions.commit(command, work);
	}

	/**
	 * What a command was answered that took effect already; null for one that did not. For a command that looks at things
	 * before its commit which may be gone since its first time.
	 */
	answered<R>(command: Command): Promise<{ answer: R } | null> {
		return this.transactions.answered(command);
	}

	private async committed(recorded: readonly OutboxRow[]): Promise<void> {
		this.publishing.relay.committed(recorded);
		for (const tenantId of new Set(recorded.map((row) => row.tenantId)))
			for (const listener of this.listeners) await listener(tenantId);
	}

	/**
	 * Names something that must know that events were committed in a tenant before their command is answered, such as a
	 * cache. It must not fail: what it is told of has happened.
	 */
	onCommitted(listener: (tenantId: string) => Promise<void>): void {
		this.listeners.push(listener);
	}

	/**
	 * Lets an event take effect once for a consumer group: the effect and the event's id are written together, and a
	 * redelivery does nothing.
	 */
	handleOnce(group: string, event: DomainEvent, effect: (tx: Transaction) => Promise<void>): Promise<void> {
		return this.transactions.handleOnce(group, event, commandOfEvent(event, this.service), effect);
	}

	/** Whether an event has taken effect for a consumer group already, as `handleOnce` notes it. */
	wasHandled(group: string, eventId: string): Promise<boolean> {
		return this.transactions.wasHandled(group, eventId);
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
		await this.transactions.handleAllOnce(group, deliveries, commandOfEvent(first.event, this.service), effect);
	}
}
