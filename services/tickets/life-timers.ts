import { ticketWoke } from "../../contracts/tickets-events.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Timer } from "../../mixins/timers.ts";
import type { Ticket } from "../../models/ticket.ts";
import { LIFE_KINDS, type LifeKind, lifeTimerOf, lifeTimes, SWEEP, setTimers } from "./life-times.ts";
import { remind } from "./pending-reminder.ts";
import { settingsOf } from "./settings.ts";
import { snapshotOf } from "./snapshot.ts";
import { changeBySystem } from "./system-change.ts";
import type { Tickets } from "./tickets-store.ts";
import { walkOn } from "./walk.ts";

/** While a tenant is leaving nothing in it changes; what is due is looked at again after this time, ms. */
const LEAVING_MS = 3600 * 1000;

type Effect = (tickets: Tickets, tx: Transaction, ticket: Ticket) => Promise<unknown>;

const EFFECTS: Record<LifeKind, Effect> = {
	auto_close: (tickets, tx, { _id }) =>
		changeBySystem(tickets, tx, _id, {
			action: "ticket.closed",
			cause: { type: "system", id: "auto_close" },
			command: { type: "change", patch: { status: "closed" }, reason: "auto_close" },
		}),
	snooze: async (tickets, tx, { _id }) => {
		const woken = await changeBySystem(tickets, tx, _id, {
			action: "ticket.woke",
			cause: { type: "system", id: "snooze" },
			command: { type: "change", patch: { status: "open" }, reason: "woke" },
		});
		if (woken) await tx.emit(ticketWoke, woken, { ticket: snapshotOf(woken), at: tx.now.toISOString() });
	},
	pending_reminder: remind,
	pending_solve: (tickets, tx, { _id }) =>
		changeBySystem(tickets, tx, _id, {
			action: "ticket.solved",
			cause: { type: "system", id: "pending_solve" },
			command: { type: "change", patch: { status: "solved" }, reason: "no_reply" },
		}),
};

async function fire(tickets: Tickets, tx: Transaction, kind: LifeKind, { tenantId, subjectId }: Timer): Promise<void> {
	const ticket = await tickets.tickets.get({ tenantId }, subjectId, tx);
	if (!ticket) return;
	const dueAt = lifeTimes(ticket, await settingsOf(tickets, tenantId, tx))[kind];
	if (!dueAt) return;
	const tenant = await tickets.copies.tenants.byId(tenantId, tenantId, tx);
	const isLeaving = tenant?.status === "offboarding";
	const at = dueAt <= tx.now && isLeaving ? new Date(tx.now.getTime() + LEAVING_MS) : dueAt;
	if (at > tx.now) await tickets.timers.set(tx, lifeTimerOf(ticket, kind), at);
	else await EFFECTS[kind](tickets, tx, ticket);
}

/** Looks through the tickets that a tenant's settings are about, a part at a time, and sets their timers anew. */
async function sweep(tickets: Tickets, tx: Transaction, { tenantId, data }: Timer): Promise<void> {
	const { found, next } = await walkOn(tickets, tx, ["pending", "solved"], {}, data);
	const settings = await settingsOf(tickets, tenantId, tx);
	for (const ticket of found) await setTimers(tickets, tx, ticket, null, lifeTimes(ticket, settings));
	if (next) await tickets.timers.set(tx, { tenantId, subjectId: tenantId, kind: SWEEP }, tx.now, next);
}

/** Says what happens when these timers are due. */
export function handleLifeTimers(tickets: Tickets): void {
	for (const kind of LIFE_KINDS)
		tickets.timers.handle(kind, { together: true, fire: (tx, timer) => fire(tickets, tx, kind, timer) });
	tickets.timers.handle(SWEEP, { fire: (tx, timer) => sweep(tickets, tx, timer) });
}
