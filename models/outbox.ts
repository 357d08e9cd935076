import { defineRows } from "./model.ts";

/**
 * An event that was committed with its cause, `event` is its JSON. Events of one subject are published by `sequence`, then
 * by id. `publishedAt` is null until the event log has it; where the log is the lasting record the row is then removed.
 * Rows of the first version have nothing but `_id`, `event` and `createdAt`; a migration gives them the rest.
 */
export interface OutboxRow {
	_id: string;
	event: string;
	tenantId: string;
	subject: string;
	sequence: number;
	createdAt: Date;
	publishedAt: Date | null;
}

export const outboxModel = defineRows<OutboxRow>(
	"outbox",
	{
		event: { type: String, required: true },
		tenantId: { type: String },
		subject: { type: String },
		sequence: { type: Number },
		createdAt: { type: Date, required: true },
		publishedAt: { type: Date, default: null },
	},
	[
		[{ tenantId: 1, subject: 1, publishedAt: 1, sequence: 1, _id: 1 }, {}],
		[{ publishedAt: 1, _id: 1 }, {}],
	],
);

/** An event that took effect in this service: `_id` is consumer group and event id. */
export interface InboxRow {
	_id: string;
	handledAt: Date;
}

export const inboxModel = defineRows<InboxRow>("inbox", { handledAt: { type: Date, required: true } }, [
	[{ handledAt: 1 }, {}],
]);

/** What a command answered, kept so that a repeat of it answers the same and does nothing. `result` is JSON. */
export interface ReceiptRow {
	_id: string;
	/** missing in rows of the first version */
	tenantId?: string;
	result: string;
	/** the answer held personal data of somebody who was erased, and is not kept any more */
	gone?: boolean;
	createdAt: Date;
}

export const receiptModel = defineRows<ReceiptRow>(
	"receipts",
	{
		tenantId: { type: String },
		// An empty answer is one that is gone.
		result: { type: String },
		gone: { type: Boolean },
		createdAt: { type: Date, required: true },
	},
	[
		[{ createdAt: 1 }, {}],
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
	],
);

/** A secret or counter of the service itself: `_id` is its name. */
export interface ServiceValueRow {
	_id: string;
	text?: string;
	number?: number;
}

export const serviceValueModel = defineRows<ServiceValueRow>("service_values", {
	text: { type: String },
	number: { type: Number },
});
