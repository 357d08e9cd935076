import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ActionOf } from "../../../contracts/rule-actions.ts";
import type { TenantSettings } from "../../../contracts/tenant-settings.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import type { Author } from "../authorship.ts";
import { apply, type LifecycleCommand, type LifecycleEvent } from "../lifecycle.ts";
import type { Happened } from "../steps.ts";
import type { Tickets } from "../tickets-store.ts";
import { counted, draftMessage, type MessageDraft } from "../write-message.ts";

/** Who does the actions: a rule, as the system, or a person with a macro. */
export interface Doer {
	caller: TenantCaller;
	author: Author;
	/** null for a macro */
	rule: { id: string; name: string } | null;
}

interface Said {
	draft: MessageDraft;
	/** the ticket with the message counted, which gives it its number */
	ticket: Ticket;
	response: { isFirstResponse: boolean; responseSec: number | null };
}

/** People to tell once the ticket is written, or when a calendar opens. */
export interface Telling {
	action: ActionOf<"notify">;
	at: Date | null;
}

interface State {
	ticket: Ticket;
	changes: Change[];
	events: LifecycleEvent[];
	said: Said[];
	told: Telling[];
	happened: Happened;
}

/** What several actions make of a ticket, one after the other, to be written as one revision. Writes nothing itself. */
export class Work {
	readonly tickets: Tickets;
	readonly tx: Transaction;
	readonly doer: Doer;
	private readonly settings: Pick<TenantSettings, "requireAssigneeToSolve">;
	private state: State;

	constructor(
		tickets: Tickets,
		tx: Transaction,
		ticket: Ticket,
		doer: Doer,
		settings: Pick<TenantSettings, "requireAssigneeToSolve">,
	) {
		this.tickets = tickets;
		this.tx = tx;
		this.doer = doer;
		this.settings = settings;
		this.state = { ticket, changes: [], events: [], said: [], told: [], happened: { type: "changed" } };
	}

	/** The ticket as the actions so far have made it. */
	get ticket(): Ticket {
		return this.state.ticket;
	}

	get outcome(): Readonly<State> {
		return this.state;
	}

	/** Does something; where it throws, nothing of it stays. */
	async attempt<R>(action: () => Promise<R>): Promise<R> {
		const { changes, events, said, told, ...rest } = this.state;
		const before = { ...rest, changes: [...changes], events: [...events], said: [...said], told: [...told] };
		try {
			return await action();
		} catch (error) {
			this.state = before;
			throw error;
		}
	}

	/** Applies a command to the ticket. Returns what it changes. Throws as `apply`. */
	command(command: LifecycleCommand): Change[] {
		const { next, changes, events } = apply(this.ticket, command, this.context());
		this.state.ticket = next;
		this.state.changes.push(...changes);
		this.state.events.push(...events);
		return changes;
	}

	/** Adds a message. That of a rule is nobody's answer: it changes nothing but the counters. */
	say(kind: MessageDraft["kind"], body: string): void {
		const { author } = this.doer;
		const draft = draftMessage(body, "markdown", kind, author);
		const isReply = kind === "public_reply";
		const command = isReply && author.type === "agent" ? ({ type: "reply" } as const) : ({ type: "note" } as const);
		const before = { ...this.ticket, ...counted(this.ticket, draft) };
		const { next, changes, events, isFirstResponse, responseSec } = apply(before, command, this.context());
		this.state.ticket = next;
		this.state.changes.push({ field: "message", from: null, to: draft._id }, ...changes);
		this.state.events.push(...events);
		this.state.said.push({ draft, ticket: next, response: { isFirstResponse, responseSec } });
		if (isReply && this.state.happened.type === "changed")
			this.state.happened = { type: "agent_reply", automatic: author.type !== "agent" };
	}

	tell(telling: Telling): void {
		this.state.told.push(telling);
	}

	/** Sets fields that no command sets. */
	mark(fields: Partial<Ticket>, changes: Change[]): void {
		this.state.ticket = { ...this.ticket, ...fields };
		this.state.changes.push(...changes);
	}

	private context() {
		return { now: this.tx.now, actor: this.doer.author.actor, settings: this.settings };
	}
}
