import { Schema } from "mongoose";
import type { CustomerStatus } from "./customer.ts";
import { defineRows } from "./model.ts";

/** What the survivor of a merge was given, so that it can be taken away again. */
export interface Gained {
	/** normalised */
	emails: string[];
	/** by what makes two numbers the same */
	phones: string[];
	companies: string[];
	tags: string[];
	/** scalar fields that were empty, with what they became */
	scalars: Record<string, unknown>;
	customFields: Record<string, unknown>;
	/** the status before, where it became another */
	status: CustomerStatus | null;
}

/** A merge that was done. `_id` is its saga. */
export interface CustomerMerge {
	_id: string;
	tenantId: string;
	survivorId: string;
	loserId: string;
	at: Date;
	undoneAt: Date | null;
	/** as JSON, because the keys may be anything: `Gained` */
	gained: string;
	/** what the loser gave up: its status and the values that nobody else may have */
	loser: { status: CustomerStatus; liveEmails: string[] | null; externalId: string | null };
	/** the notes that moved */
	noteIds: string[];
}

const text = { type: String, required: true };

export const customerMergeModel = defineRows<CustomerMerge>(
	"customer_merges",
	{
		tenantId: text,
		survivorId: text,
		loserId: text,
		at: { type: Date, required: true },
		undoneAt: { type: Date, default: null },
		gained: text,
		loser: { type: Schema.Types.Mixed, required: true },
		noteIds: { type: [String], default: [] },
	},
	[
		[{ tenantId: 1, survivorId: 1, at: 1, _id: 1 }, {}],
		[{ tenantId: 1, loserId: 1, at: 1, _id: 1 }, {}],
	],
);
