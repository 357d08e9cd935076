import { defineRows } from "./model.ts";

/** An event that was committed with its cause and is not yet in the event log. `event` is its JSON. */
export interface OutboxRow {
	_id: string;
	event: string;
	createdAt: Date;
}

export const outboxModel = defineRows<OutboxRow>("outbox", {
	event: { type: String, required: true },
	createdAt: { type: Date, required: true },
});

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
	result: string;
	createdAt: Date;
}

export const receiptModel = defineRows<ReceiptRow>(
	"receipts",
	{ result: { type: String, required: true }, createdAt: { type: Date, required: true } },
	[[{ createdAt: 1 }, {}]],
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
