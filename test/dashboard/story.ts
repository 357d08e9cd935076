import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import type { TicketFacts } from "../../services/dashboard/facts.ts";
import { applyTicketEvent } from "../../services/dashboard/projection/ticket-facts.ts";

export const T0 = Date.parse("2026-03-02T09:00:00.000Z");
export const MINUTE = 60_000;
export const iso = (minutes: number) => new Date(T0 + minutes * MINUTE).toISOString();

export interface Snapshot {
	status: string;
	priority: string;
	groupId: string | null;
	assigneeId: string | null;
	[field: string]: unknown;
}

export const CORE = {
	number: 7,
	subject: "Printer",
	type: "question",
	channel: "web",
	customerId: "c1",
	companyId: null,
	followerIds: [],
	tags: [],
	createdAt: iso(0),
};

/** A ticket that is changed step by step, with the events that tell of it. */
export class Story {
	sequence = 0;
	now: Snapshot = { status: "new", priority: "normal", groupId: "g1", assigneeId: null };
	messages = 0;
	facts: TicketFacts | null = null;
	readonly events: DomainEvent[] = [];

	/** One transaction: the ticket as it is then, and its events in order, `[type, data, written down at]`. */
	step(minutes: number, change: Partial<Snapshot>, ...events: [string, object?][]): this {
		this.sequence++;
		this.now = { ...this.now, ...change };
		for (const [type, data] of events) {
			const ticket = { ...CORE, ...this.now };
			this.tell({ type, data: { ticket, at: iso(minutes), ...data }, sequence: this.sequence });
		}
		return this;
	}

	message(minutes: number, authorType: "customer" | "agent", response: object = {}): this {
		const seq = ++this.messages;
		const none = { isFirstResponse: false, responseSec: null };
		const message = { messageId: `m${seq}`, seq, kind: "public_reply", authorType, authorId: `${authorType}1` };
		return this.step(minutes, {}, ["message.added", { ...message, channel: "web", ...none, ...response }]);
	}

	tell(event: Pick<DomainEvent, "type" | "data" | "sequence">): void {
		const told = {
			...{ id: newId(), specversion: "1.0", source: "tickets", tenantId: "t1", subject: "ticket/k1" },
			...{ time: iso(100_000), dataSchema: `${event.type}/1`, correlationId: "x", causationId: null },
			actor: { type: "user", id: "u1", name: "Uma" },
			...event,
		} as DomainEvent;
		this.events.push(told);
		this.facts = applyTicketEvent(this.facts, told);
	}

	get now_(): TicketFacts {
		if (!this.facts) throw new Error("nothing was told");
		return this.facts;
	}
}

export const created = () => new Story().step(0, {}, ["ticket.created"]);
