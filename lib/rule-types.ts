/*
 * What a rule waits for and does, and what became of it, as it is kept and as clients write it. The contracts say what is
 * acceptable of it.
 */

/** What each kind of action takes. */
export interface ActionParameters {
	set_priority: { priority: "low" | "normal" | "high" | "urgent" };
	set_status: { status: "open" | "pending" | "on_hold" | "solved" | "closed" };
	assign: {
		userId?: string;
		groupId?: string;
		strategy?: "round_robin" | "load_balanced" | "skill" | "supervisor_of_group";
	};
	unassign: object;
	add_tags: { tags: string[] };
	remove_tags: { tags: string[] };
	add_internal_note: { template: string };
	send_public_reply: { template: string };
	notify: {
		users?: string[];
		groups?: string[];
		roles?: ("owner" | "admin" | "supervisor" | "agent" | "viewer")[];
		webhookId?: string;
		email?: string;
		template?: string;
	};
	add_follower: { userId: string };
	set_field: { field: string; value: unknown };
	apply_macro: { macroId: string };
}

export type ActionType = keyof ActionParameters;

/** What is done, by its type. */
export type ActionOf<T extends ActionType> = { type: T } & ActionParameters[T];
export type RuleAction = { [T in ActionType]: ActionOf<T> }[ActionType];

/** What became of one action; see the contract. */
export interface ActionResult {
	type: ActionType;
	status: "done" | "unchanged" | "scheduled" | "failed";
	code?: string;
	detail?: string;
	changes?: { field: string; from: unknown; to: unknown }[];
	recipients?: number;
	at?: string | null;
}

export type RuleEvent =
	| "ticket.created"
	| "ticket.updated"
	| "message.added"
	| "sla.at_risk"
	| "sla.breached"
	| "csat.submitted";

/** From which instant of a ticket a time trigger counts. */
export type TimeBase =
	| "createdAt"
	| "assignedAt"
	| "lastCustomerMessageAt"
	| "lastAgentMessageAt"
	| "statusChangedAt"
	| "breachedAt:first_response"
	| "breachedAt:next_response"
	| "breachedAt:resolution";

export interface TimeTrigger {
	/** seconds */
	after?: number;
	since: TimeBase;
	clock?: "business" | "calendar";
	level?: number;
	escalate?: boolean;
	levels?: { after: number; actions: RuleAction[] }[];
}

export type Trigger = RuleEvent | TimeTrigger;
