import { companyUpdated, customFieldUpdated } from "../../contracts/customers-events.ts";
import type { DataOf } from "../../contracts/event-contract.ts";
import { tenantOffboarded } from "../../contracts/identity-events.ts";
import { customerIds, ticketIds } from "../../contracts/search-documents.ts";
import { requesterUpdated } from "../../contracts/tickets-events.ts";
import type { DomainEvent, EventLog, Subscription } from "../../lib/event-log.ts";
import type { SearchKind } from "./engine/index-types.ts";
import type { Intake } from "./intake.ts";
import type { Owners } from "./owners.ts";

/** For how long a copy of the service may be away before the event log forgets where its index was, ms. */
const FORGET_MS = 7 * 24 * 3600 * 1000;

/**
 * How many events are under way at once. Many, so that they are written together, and so that those whose owner is away
 * do not keep the others waiting.
 */
const CONCURRENCY = 1000;

/** What is asked for its dead letters at a start. */
const LETTERS = 100;

/** What a change of one thing changes elsewhere: all things of a kind in the tenant, or those of a customer or company. */
interface FanOut {
	kind: "ticket" | "customer";
	customerId?: string;
	companyId?: string;
}

/** The kinds whose own events name what is to be taken in, by the first word of the subject. */
const KINDS: Record<string, SearchKind> = { ticket: "ticket", customer: "customer", article: "article" };

const TYPES = [
	...["customer.*", "ticket.*", "message.*", "article.*"],
	...[companyUpdated.type, requesterUpdated.type, customFieldUpdated.type, tenantOffboarded.type],
];

/** What an event means to the index: one thing, many, or nothing. */
export function meaningOf(event: DomainEvent): { kind: SearchKind; id: string } | FanOut | null {
	const at = event.subject.indexOf("/");
	const id = event.subject.slice(at + 1);
	switch (event.type) {
		case requesterUpdated.type:
			return { kind: "ticket", customerId: id };
		case companyUpdated.type:
			return { kind: "customer", companyId: id };
		case customFieldUpdated.type: {
			const { target, changed } = event.data as DataOf<typeof customFieldUpdated>;
			return changed.includes("searchable") && target !== "company" ? { kind: target } : null;
		}
		default: {
			const kind = KINDS[event.subject.slice(0, at)];
			return kind ? { kind, id } : null;
		}
	}
}

/**
 * The version of the thing that an event tells of, where all that is found in the thing changes with its version: a
 * ticket's does, several events of one change have the same. What is in an article or customer changes without it, too.
 */
const versionIn = ({ sequence }: DomainEvent, kind: SearchKind) => (kind === "ticket" ? sequence : undefined);

export type Intakes = { [K in SearchKind]: Intake<K> };

/**
 * Follows the event log: an event counts as handled when the index holds what it tells of, so a process that is killed
 * begins again with what was under way, which changes nothing where it was done.
 */
export class Feed {
	private readonly events: EventLog;
	private readonly owners: Owners;
	private readonly intakes: Intakes;
	private readonly forgetTenant: (tenantId: string) => Promise<void>;
	/** the consumer group by which the index follows the log */
	readonly group: string;
	private subscription: Subscription | null = null;

	constructor(
		group: string,
		events: EventLog,
		owners: Owners,
		intakes: Intakes,
		forgetTenant: (tenantId: string) => Promise<void>,
	) {
		this.forgetTenant = forgetTenant;
		this.group = group;
		this.events = events;
		this.owners = owners;
		this.intakes = intakes;
	}

	/** Goes on where the index was; one that is to be built begins with what happens from now on. */
	async start({ from }: { from: "beginning" | "now" }): Promise<void> {
		this.subscription = await this.events.subscribe({
			group: this.group,
			from,
			expireAfterMs: FORGET_MS,
			types: TYPES,
			concurrency: CONCURRENCY,
			handler: (event) => this.handle(event),
		});
		await this.replayLetters();
	}

	/** Whether the log knows where this index was. */
	async isKnown(): Promise<boolean> {
		return (await this.events.status()).some(({ group }) => group === this.group);
	}

	async stop(): Promise<void> {
		await this.subscription?.stop();
	}

	/** Resolves when the index holds everything that is in the log now. */
	async idle(): Promise<void> {
		await this.subscription?.idle();
	}

	/** An event was given up because its owner was away too often; a new start is a new chance. */
	private async replayLetters(): Promise<void> {
		for (let after = 0; ; ) {
			const letters = await this.events.deadLetters.list({ group: this.group, after, limit: LETTERS });
			for (const { id } of letters) await this.events.deadLetters.replay(id);
			const last = letters.at(-1);
			if (!last || letters.length < LETTERS) return;
			after = last.id;
		}
	}

	private async handle(event: DomainEvent): Promise<void> {
		if (event.type === tenantOffboarded.type) return this.forgetTenant(event.tenantId);
		const meaning = meaningOf(event);
		if (meaning === null) return;
		if ("id" in meaning) {
			const { kind, id } = meaning;
			await this.intakes[kind].take(event.tenantId, id, versionIn(event, kind));
		} else await this.fanOut(event.tenantId, meaning);
	}

	private async fanOut(tenantId: string, { kind, customerId, companyId }: FanOut): Promise<void> {
		for (let cursor: string | null = null; ; ) {
			const page: { ids: string[]; next: string | null } =
				kind === "ticket"
					? await this.owners.ask(ticketIds, { tenantId, cursor, ...(customerId ? { customerId } : {}) })
					: await this.owners.ask(customerIds, { tenantId, cursor, ...(companyId ? { companyId } : {}) });
			await Promise.all(page.ids.map((id) => this.intakes[kind].take(tenantId, id)));
			cursor = page.next;
			if (cursor === null) return;
		}
	}
}
