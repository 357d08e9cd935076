import { defineRows } from "./model.ts";

/**
 * An address or outside id of somebody who was erased, as a keyed hash: enough to notice that an import brings them back,
 * and no way to read who it was. `_id` is tenant and hash.
 */
export interface Suppression {
	_id: string;
	tenantId: string;
	/** the customer that was erased */
	customerId: string;
	erasedAt: Date;
}

export const suppressionModel = defineRows<Suppression>(
	"suppressions",
	{
		tenantId: { type: String, required: true },
		customerId: { type: String, required: true },
		erasedAt: { type: Date, required: true },
	},
	[[{ tenantId: 1, customerId: 1, _id: 1 }, {}]],
);
