import { setTimeout as pause } from "node:timers/promises";
import type { ClientSession, Connection, Model as MongooseModel } from "mongoose";
import type { Clock } from "../lib/clock.ts";
import { isDatabaseAway } from "../lib/database-away.ts";
import type { DomainEvent } from "../lib/event-log.ts";
import { Problem } from "../lib/problem.ts";
import type { Model } from "../models/model.ts";
import {
	type InboxRow,
	inboxModel,
	type OutboxRow,
	outboxModel,
	type ReceiptRow,
	receiptModel,
} from "../models/outbox.ts";
import { mapStoreError } from "./adapter.ts";
import { outboxRow } from "./outbox-rows.ts";
import { type InTransaction, isRace } from "./repository.ts";
import type { Command, Transaction } from "./store.ts";

/** What the transactions of a service need of its store. */
export interface TransactionParts {
	service: string;
	clock: Clock;
	connection(): Connection;
	model<T extends { _id: string }>(model: Model<T>): MongooseModel<T>;
	/** told of a session before a transaction begins in it */
	begins(session: ClientSession): Promise<void>;
	/** told of the events that were recorded, once they are durable; the command is answered after it */
	committed(recorded: readonly OutboxRow[]): Promise<void>;
}

const ATTEMPTS = 8;

/** A database that is away is asked again after so long, ms. */
const ASK_AGAIN_MS = 250;

function conflict(cause: unknown): Problem {
	return new Problem(409, "conflict", "Others keep changing this at the same time. Try again.", { cause });
}

/** What a repeat of a command is answered. Throws 410 where that is not kept any more. */
function answerOf<R>(receipt: ReceiptRow): R {
	if (receipt.gone)
		throw new Problem(
			410,
			"gone",
			"The answer held personal data of somebody who was erased, and is not kept any more.",
		);
	return JSON.parse(receipt.result) as R;
}

/** The transactions of a service: documents, events, receipts and inbox rows become durable together or not at all. */
export class Transactions {
	private readonly parts: TransactionParts;
	private stopping = false;

	constructor(parts: TransactionParts) {
		this.parts = parts;
	}

	/** See {@link Store.commit}. */
	commit<R>(command: Command, work: (tx: Transaction) => Promise<R>): Promise<R> {
		const { id, tenantId } = command;
		if (id === null) return this.attempts(work, command);
		return this.attempts(async (tx) => {
			const receipts = this.parts.model(receiptModel);
			const earlier = await receipts.findById(id).session(tx.session).lean<ReceiptRow>();
			if (earlier) return answerOf<R>(earlier);
			const result = await work(tx);
			const row = { _id: id, tenantId, result: JSON.stringify(result ?? null), createdAt: tx.now };
			await receipts.create([row], { session: tx.session });
			return result;
		}, command);
	}

	/** See {@link Store.answered}. */
	async answered<R>({ id }: Command): Promise<{ answer: R } | null> {
		if (id === null) return null;
		const earlier = await this.parts.model(receiptModel).findById(id).lean<ReceiptRow>();
		return earlier ? { answer: answerOf<R>(earlier) } : null;
	}

	/** See {@link Store.handleOnce}. */
	async handleOnce(
		group: string,
		event: DomainEvent,
		command: Command,
		effect: (tx: Transaction) => Promise<void>,
	): Promise<void> {
		const _id = `${group} ${event.id}`;
		await this.patiently(async (tx) => {
			const inbox = this.parts.model(inboxModel);
			if (await inbox.findById(_id).session(tx.session).lean<InboxRow>()) return;
			await inbox.create([{ _id, handledAt: tx.now }], { session: tx.session });
			await effect(tx);
		}, command);
	}

	/** See {@link Store.wasHandled}. */
	async wasHandled(group: string, eventId: string): Promise<boolean> {
		return (await this.parts.model(inboxModel).exists({ _id: `${group} ${eventId}` })) !== null;
	}

	/** See {@link Store.handleAllOnce}. */
	async handleAllOnce<E extends { event: DomainEvent }>(
		group: string,
		deliveries: readonly E[],
		command: Command,
		effect: (fresh: readonly E[], tx: InTransaction) => Promise<void>,
	): Promise<void> {
		const idOf = ({ event }: E) => `${group} ${event.id}`;
		await this.patiently(async (tx) => {
			const inbox = this.parts.model(inboxModel);
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
		}, command);
	}

	/** Effects of events wait for a database that is away no longer: what they meet is thrown, and they come again. */
	stop(): void {
		this.stopping = true;
	}

	/**
	 * Takes effect as soon as the database is there. The retries of an event are for what fails because of the event; with
	 * a database that is away for some minutes they would all be used up in vain.
	 */
	private async patiently(work: (tx: Transaction) => Promise<void>, command: Command): Promise<void> {
		for (;;) {
			try {
				return await this.attempts(work, command);
			} catch (error) {
				if (this.stopping || !isDatabaseAway(error)) throw error;
			}
			await pause(ASK_AGAIN_MS);
		}
	}

	private async attempts<R>(work: (tx: Transaction) => Promise<R>, command: Command): Promise<R> {
		for (let attempt = 1; ; attempt++) {
			try {
				return await this.transaction(work, command);
			} catch (error) {
				if (!isRace(error)) throw mapStoreError(error);
				if (attempt === ATTEMPTS) throw conflict(error);
			}
		}
	}

	private async transaction<R>(work: (tx: Transaction) => Promise<R>, command: Command): Promise<R> {
		const session = await this.parts.connection().startSession();
		try {
			await this.parts.begins(session);
			let result: R | undefined;
			let recorded: OutboxRow[] = [];
			await session.withTransaction(
				async () => {
					recorded = [];
					result = await work(this.transactionOf(session, command, recorded));
					// Past Mongoose, which would cast and validate what was made right here.
					if (recorded.length > 0)
						await this.parts.model(outboxModel).collection.insertMany(recorded as never[], { session });
				},
				{ readConcern: { level: "snapshot" }, writeConcern: { w: "majority", j: true } },
			);
			if (recorded.length > 0) await this.parts.committed(recorded);
			return result as R;
		} finally {
			await session.endSession();
		}
	}

	private transactionOf(session: ClientSession, command: Command, recorded: OutboxRow[]): Transaction {
		const { clock, service } = this.parts;
		const now = clock.now();
		const because = (causationId: string | null, correlationId = command.correlationId): Transaction => {
			const isSame = causationId === command.causationId && correlationId === command.correlationId;
			const caused = isSame ? command : { ...command, causationId, correlationId };
			return {
				session,
				now,
				command: caused,
				emit: async (contract, aggregate, data) => {
					recorded.push(outboxRow(service, caused, contract, aggregate, data, now));
				},
				because,
			};
		};
		return because(command.causationId);
	}
}
