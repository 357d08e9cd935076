import { defineRows } from "./model.ts";

/**
 * A process of a service that may have transactions open, and in which sessions, as hex. It counts `beat` up as long as
 * it lives.
 */
export interface TransactionHolderRow {
	_id: string;
	host: string;
	pid: number;
	beat: number;
	sessions: string[];
}

export const transactionHolderModel = defineRows<TransactionHolderRow>("transaction_holders", {
	host: { type: String, required: true },
	pid: { type: Number, required: true },
	beat: { type: Number, required: true },
	sessions: [String],
});
