import { defineRows } from "./model.ts";

/**
 * Who does a piece of work that only one process may do at a time: `_id` names the work. `term` counts the holders, so
 * that what a holder of the past still tries can be told apart.
 */
export interface LeaseRow {
	_id: string;
	owner: string;
	until: Date;
	term: number;
}

export const leaseModel = defineRows<LeaseRow>("leases", {
	owner: { type: String, required: true },
	until: { type: Date, required: true },
	term: { type: Number, required: true },
});
