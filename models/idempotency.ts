import { BY_TENANT, defineRows } from "./model.ts";

/**
 * A request that came with an `Idempotency-Key`: `_id` is a digest of everything the key is valid for. While it is
 * `running` its owner holds it until the lease ends; `open` is one whose outcome was not kept, so that a repeat runs
 * again; `done` holds the first answer, sealed with what only the client knows.
 */
export interface IdempotencyRow {
	_id: string;
	tenantId: string;
	requestHash: string;
	state: "running" | "open" | "done";
	owner: string;
	leaseUntil: Date;
	answer?: string;
	createdAt: Date;
	expiresAt: Date;
}

export const idempotencyModel = defineRows<IdempotencyRow>(
	"idempotency_keys",
	{
		tenantId: { type: String, required: true },
		requestHash: { type: String, required: true },
		state: { type: String, required: true },
		owner: { type: String, required: true },
		leaseUntil: { type: Date, required: true },
		answer: { type: String },
		createdAt: { type: Date, required: true },
		expiresAt: { type: Date, required: true },
	},
	[[{ expiresAt: 1 }, {}], BY_TENANT],
);
