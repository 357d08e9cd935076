import { defineRows } from "./model.ts";

/**
 * An event that was committed with its cause and is not yet in the event log; `event` is its JSON. Events of one subject
 * are published by `sequence`, then by id. Rows of the first version have nothing but `_id`, `event` and `createdAt`; a
 * migration gives them the rest.
 */
export interface OutboxRow {
	_id: string;
	event: string;
	tenantId: string;
	subject: string;
	sequence: number;
	createdAt: Date;
}

const EVENT = {
	event: { type: String, required: true },
	tenantId: { type: String },
	subject: { type: String },
	sequence: { type: Number },
	createdAt: { type: Date, required: true },
};

export const outboxModel = defineRows<OutboxRow>("outbox", EVENT, [
	[{ tenantId: 1, subject: 1, sequence: 1, _id: 1 }, {}],
]);

/** An event that was published to a log that may lose it, kept for some days. A collection of its own: the other is read after each commit. */
export interface PublishedRow extends OutboxRow {
	publishedAt: Date;
}

export const publishedModel = defineRows<PublishedRow>(
	"published_events",
	{ ...EVENT, publishedAt: { type: Date, required: true } },
	[
		[{ tenantId: 1, subject: 1, sequence: 1, _id: 1 }, {}],
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
