import type { InstanceView, SlaView } from "../../../contracts/sla-views.ts";

/*
 * The day of the table: a Monday from nine to five in Berlin.
 */

const DAY = "2026-03-30";
/** An instant of that day by Berlin's clock, which is two hours ahead. */
export const at = (time: string) => {
	const [hour = 0, minute = 0, second = 0] = time.split(":").map(Number);
	return new Date(Date.UTC(2026, 2, 30, hour - 2, minute, second)).toISOString();
};
export const nextDay = (time: string) => at(time).replace(DAY, "2026-03-31");

type Metric = "first_response" | "next_response" | "resolution";
export type Act =
	| "customer"
	| "agent"
	| "note"
	| "service"
	| "asCustomer"
	| "calm"
	| "delete"
	| "restore"
	| "customerSolves"
	| "waive"
	| { patch: object }
	| { agent: object }
	| { merge: true }
	| { see: Metric | "overall"; as: Partial<InstanceView> | Partial<SlaView> | null };

export interface Case {
	name: string;
	open?: Record<string, unknown>;
	/** opened by staff with a message of its own */
	byAgent?: boolean;
	script: [string, Act][];
}

export const see = (metric: Metric | "overall", as: Partial<InstanceView> | Partial<SlaView> | null): Act => ({
	see: metric,
	as,
});
export const to = (status: string): Act => ({ patch: { status } });
