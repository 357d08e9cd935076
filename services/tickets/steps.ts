import type { Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import type { Change } from "../../models/ticket-audit.ts";
import type { SlaMetric } from "../../models/ticket-sla.ts";
import { keepQueue } from "./assignment/step.ts";
import { keepLifeTimers } from "./life-times.ts";
import { keepClocks } from "./sla/step.ts";
import { surveyStep } from "./surveys/survey-step.ts";
import type { Tickets } from "./tickets-store.ts";

/** What became of a ticket in one commit, as far as its fields do not say so. */
export type Happened =
	| { type: "opened"; first: "customer" | "agent" | "system" | null }
	| { type: "customer_message" }
	/** a public answer; what rules and macros of the system send is `automatic` and no answer to anybody */
	| { type: "agent_reply"; automatic: boolean }
	| { type: "no_reply_needed" }
	/** into another ticket, as its source */
	| { type: "merged" }
	/** its policy is to be looked for again */
	| { type: "sla_rematch"; reason: string }
	/** a broken promise is forgiven */
	| { type: "sla_waived"; metric: SlaMetric; reason: string }
	/** nothing but time went by: its audit row says what of the clocks that changed */
	| { type: "sla_time" }
	| { type: "changed" };

/** A ticket on its way into the store: `next` is what it will be, `before` what it was, null for a new one. */
export interface Stepping {
	tickets: Tickets;
	tx: Transaction;
	before: Ticket | null;
	next: Ticket;
	happened: Happened;
	/** when it happened, in UTC: for imports long before now */
	at: Date;
}

export interface Stepped {
	/** further fields of the ticket that change along */
	fields?: Partial<Ticket>;
	/** for the audit row */
	changes?: Change[];
	/** done in the same transaction once the ticket and its audit row are written: events, timers */
	after?: (saved: Ticket) => Promise<void>;
}

/** Something that moves along with every write of a ticket. */
export type Step = (stepping: Stepping) => Stepped | Promise<Stepped>;

/** Since when a ticket is in its status. */
const statusSince: Step = ({ before, next, at }) =>
	before !== null && before.status === next.status ? {} : { fields: { statusChangedAt: at } };

/** A solved ticket is at no level of escalation any longer. */
const calmDown: Step = ({ before, next }) =>
	next.status === "solved" && before?.status !== "solved" && (next.escalationLevel ?? 0) > 0
		? { fields: { escalationLevel: 0, escalatedAt: null } }
		: {};

const STEPS: readonly Step[] = [statusSince, calmDown, keepClocks, keepLifeTimers, keepQueue, surveyStep];

/** Takes every step in order; each sees the fields that those before it have set. */
export async function takeSteps(
	stepping: Stepping,
): Promise<{ next: Ticket; changes: Change[]; after: (saved: Ticket) => Promise<void> }> {
	let { next } = stepping;
	const changes: Change[] = [];
	const afterwards: NonNullable<Stepped["after"]>[] = [];
	for (const step of STEPS) {
		const stepped = await step({ ...stepping, next });
		if (stepped.fields) next = { ...next, ...stepped.fields };
		if (stepped.changes) changes.push(...stepped.changes);
		if (stepped.after) afterwards.push(stepped.after);
	}
	return {
		next,
		changes,
		after: async (saved) => {
			for (const one of afterwards) await one(saved);
		},
	};
}
