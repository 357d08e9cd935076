import type { ActionSchema } from "moleculer";
import { systemActor } from "../../contracts/caller.ts";
import { releaseTickets } from "../../contracts/user-deactivation.ts";
import { newId } from "../../lib/ids.ts";
import { action } from "../../mixins/action.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Ticket } from "../../models/ticket.ts";
import { type Handover, handoverModel, type PersonCopy } from "../../models/ticket-copies.ts";
import { openTicketsWith } from "./access.ts";
import { apply } from "./lifecycle.ts";
import { personCopy } from "./neighbours.ts";
import { fits, isAssignable, unfitness } from "./placement.ts";
import { saveRevision } from "./save.ts";
import type { Tickets } from "./tickets-store.ts";

/*
 * Somebody left, changed groups or roles: the open tickets that they may no longer keep lose their assignee. That can
 * be thousands, so the event only leaves a note, and the tickets follow in transactions of a bounded size. A ticket and
 * its event are written together, and one without that assignee is not found again: each is unassigned once.
 */

const CHUNK = 100;
const SWEEP_MS = 5000;

/** One process works at a time. Two would do no harm, but would change the same tickets and lose races all the time. */
const LEASE = "handover";
const LEASE_MS = 15_000;

/** Notes that somebody's tickets must be looked through. */
export async function noteHandover(tickets: Tickets, tx: Transaction, userId: string): Promise<void> {
	const { tenantId, correlationId } = tx.command;
	const row: Handover = { _id: newId(), tenantId, userId, correlationId };
	await tickets.store.model(handoverModel).create([row], { session: tx.session });
}

/** Whether tickets of somebody who changed may have to be taken away. */
export function mayLoseTickets(before: PersonCopy | undefined, after: PersonCopy): boolean {
	if (!isAssignable(after)) return before === undefined || isAssignable(before);
	return before === undefined || before.groupIds.some((group) => !after.groupIds.includes(group));
}

/** Works through the notes, soon after they are written and after a crash. */
export class HandoverWorker {
	private readonly tickets: Tickets;
	private readonly onError: (error: unknown) => void;
	private timer: NodeJS.Timeout | undefined;
	private running: Promise<void> | null = null;
	private stopped = true;

	constructor(tickets: Tickets, onError: (error: unknown) => void) {
		this.tickets = tickets;
		this.onError = onError;
	}

	start(): void {
		this.stopped = false;
		this.nudge();
	}

	/** There may be something to do: look now. */
	nudge(): void {
		if (this.stopped || this.running) return;
		clearTimeout(this.timer);
		this.running = this.workIfAny()
			.catch(this.onError)
			.then(() => {
				this.running = null;
				if (!this.stopped) this.timer = setTimeout(() => this.nudge(), SWEEP_MS).unref();
			});
	}

	async stop(): Promise<void> {
		this.stopped = true;
		clearTimeout(this.timer);
		await this.running;
	}

	private async workIfAny(): Promise<void> {
		const { store } = this.tickets;
		const [any] = await store.model(handoverModel).find({}).sort({ _id: 1 }).limit(1).lean<Handover[]>();
		if (any) await store.withLease(LEASE, LEASE_MS, ({ signal }) => this.workAll(signal));
	}

	private async workAll(signal: AbortSignal): Promise<void> {
		const rows = this.tickets.store.model(handoverModel);
		for (;;) {
			const [row] = await rows.find({}).sort({ _id: 1 }).limit(1).lean<Handover[]>();
			const isOver = () => this.stopped || signal.aborted;
			if (!row || isOver()) return;
			while (!isOver() && (await this.workChunk(row)));
			if (isOver()) return;
			await rows.deleteOne({ _id: row._id });
		}
	}

	/** Unassigns some tickets in one transaction; whether there may be more. */
	private workChunk({ tenantId, userId, correlationId }: Handover): Promise<boolean> {
		const command = { tenantId, actor: systemActor("tickets"), correlationId, causationId: null, id: null };
		return this.tickets.store.commit(command, async (tx) =>
			this.stopped ? false : (await releaseSome(this.tickets, tx, userId)).more,
		);
	}
}

/** Unassigns some of the tickets that somebody may not keep, as they are known here. */
async function releaseSome(
	tickets: Tickets,
	tx: Transaction,
	userId: string,
): Promise<{ released: number; more: boolean }> {
	const { tenantId } = tx.command;
	const person = await tickets.copies.people.byId(tenantId, userId, tx);
	if (!person) return { released: 0, more: false };
	const kept = isAssignable(person) ? { groupId: { $ne: null, $nin: person.groupIds } } : {};
	const found = await tickets.tickets.find(
		openTicketsWith(tenantId, userId),
		{ assigneeId: userId, ...kept },
		{ limit: CHUNK, tx },
	);
	const lost = found.filter((ticket) => !fits(person, ticket.groupId));
	for (const ticket of lost) await unassign(tickets, tx, ticket, person);
	return { released: lost.length, more: found.length === CHUNK };
}

/**
 * Lets go of somebody's tickets as part of their deactivation: from the first answer on nobody gives them another one,
 * because what is told of the person here is kept first. Whoever was let in again meanwhile keeps what they may keep.
 */
export function releaseActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		releaseTickets: action(releaseTickets, (ctx) => {
			const { tenantId, person } = ctx.params;
			return tickets.store.commit(commandOf(ctx, tenantId), async (tx) => {
				await tickets.copies.people.keep(tx, personCopy(tenantId, person));
				return releaseSome(tickets, tx, person.id);
			});
		}),
	};
}

async function unassign(tickets: Tickets, tx: Transaction, before: Ticket, person: PersonCopy): Promise<void> {
	const reason = unfitness(person);
	const { next, changes, events } = apply(
		before,
		{ type: "change", patch: { assigneeId: null }, reason },
		{
			now: tx.now,
			actor: { kind: "system", id: "tickets", assignable: false, groupIds: [] },
			settings: { requireAssigneeToSolve: true },
		},
	);
	await saveRevision(tickets, tx, { before, next, action: "ticket.unassigned", changes, events });
}
