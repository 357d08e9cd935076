import type { TenantSettings } from "../../contracts/tenant-settings.ts";
import { ticketWoke } from "../../contracts/tickets-events.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Timer } from "../../mixins/timers.ts";
import { STATUS_ORDER, type Ticket, type TicketStatus } from "../../models/ticket.ts";
import type { TenantCopy } from "../../models/ticket-copies.ts";
import { learnTenantSoon } from "./learn.ts";
import { SNOOZABLE } from "./lifecycle.ts";
import { remind } from "./pending-reminder.ts";
import { snapshotOf } from "./save.ts";
import type { Step } from "./steps.ts";
import { changeBySystem, settingsOf } from "./system-change.ts";
import type { Tickets } from "./tickets-store.ts";

/*
 * What becomes of a ticket by itself as time goes by: a solved one is closed, a snoozed one wakes, a pending one is
 * reminded of and solved. The times follow from the ticket and the tenant's settings as they are now: where a setting
 * changes, it counts for the tickets there are as well, and what is past due by it is done at once.
 */

type LifeSettings = Pick<
	TenantSettings,
	"autoCloseAfterSec" | "pendingReminderAfterSec" | "autoSolvePendingAfterSec" | "requireAssigneeToSolve"
>;
const KINDS = ["auto_close", "snooze", "pending_reminder", "pending_solve"] as const;
type Kind = (typeof KINDS)[number];
type LifeTimes = Record<Kind, Date | null>;

const NEVER: LifeTimes = { auto_close: null, snooze: null, pending_reminder: null, pending_solve: null };

/** Those in which something happens by itself. */
const TIMED: readonly TicketStatus[] = [...SNOOZABLE, "solved"];

const after = (at: Date, seconds: number | null) => (seconds === null ? null : new Date(at.getTime() + seconds * 1000));

/** Since when a pending ticket waits for its customer: since it is pending, or what an agent wrote last. */
function pendingSince({ statusChangedAt, lastAgentMessageAt, updatedAt }: Ticket): Date {
	const since = statusChangedAt ?? updatedAt;
	return lastAgentMessageAt && lastAgentMessageAt > since ? lastAgentMessageAt : since;
}

/**
 * When what happens to a ticket by itself. One that is snoozed is left alone until then; one without an assignee is not
 * solved where the tenant wants somebody to have solved it.
 */
export function lifeTimes(ticket: Ticket, settings: LifeSettings): LifeTimes {
	const { status, snoozedUntil, solvedAt } = ticket;
	if (ticket.deletedAt !== null) return NEVER;
	if (status === "solved") return { ...NEVER, auto_close: solvedAt && after(solvedAt, settings.autoCloseAfterSec) };
	if (snoozedUntil !== null) return { ...NEVER, snooze: SNOOZABLE.includes(status) ? snoozedUntil : null };
	if (status !== "pending") return NEVER;
	const since = pendingSince(ticket);
	const isReminded = !!ticket.pendingRemindedAt && ticket.pendingRemindedAt >= since;
	const isSolvable = ticket.assigneeId !== null || !settings.requireAssigneeToSolve;
	return {
		...NEVER,
		pending_reminder: isReminded ? null : after(since, settings.pendingReminderAfterSec),
		pending_solve: isSolvable ? after(since, settings.autoSolvePendingAfterSec) : null,
	};
}

const keyOf = ({ tenantId, _id: subjectId }: Ticket, kind: Kind) => ({ tenantId, subjectId, kind });

async function setTimers({ timers }: Tickets, tx: Transaction, ticket: Ticket, was: LifeTimes | null, will: LifeTimes) {
	for (const kind of KINDS) {
		const at = will[kind];
		if (was !== null && was[kind]?.getTime() === at?.getTime()) continue;
		if (at) await timers.set(tx, keyOf(ticket, kind), at);
		else await timers.cancel(tx, keyOf(ticket, kind));
	}
}

const isTimed = (ticket: Ticket | null) => ticket !== null && TIMED.includes(ticket.status);

/** Keeps the timers of a ticket in step with it; one that is neither pending nor on hold is not snoozed any more. */
export const keepLifeTimers: Step = ({ tickets, tx, before, next }) => {
	const snoozed = before?.snoozedUntil ?? null;
	const isOver = !SNOOZABLE.includes(next.status);
	const ended = snoozed !== null && isOver;
	return {
		...(isOver && next.snoozedUntil !== null ? { fields: { snoozedUntil: null } } : {}),
		...(ended ? { changes: [{ field: "snoozedUntil", from: snoozed.toISOString(), to: null }] } : {}),
		async after(saved) {
			if (!isTimed(before) && !isTimed(saved)) return;
			const settings = await settingsOf(tickets, saved.tenantId, tx);
			const was = before ? lifeTimes(before, settings) : NEVER;
			await setTimers(tickets, tx, saved, was, lifeTimes(saved, settings));
			await learnTenantSoon(tickets, tx, saved.tenantId);
		},
	};
};

/** While a tenant is leaving nothing in it changes; what is due is looked at again after this time, ms. */
const LEAVING_MS = 3600 * 1000;

type Effect = (tickets: Tickets, tx: Transaction, ticket: Ticket) => Promise<unknown>;

const EFFECTS: Record<Kind, Effect> = {
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

async function fire(tickets: Tickets, tx: Transaction, kind: Kind, { tenantId, subjectId }: Timer): Promise<void> {
	const ticket = await tickets.tickets.get({ tenantId }, subjectId, tx);
	if (!ticket) return;
	const dueAt = lifeTimes(ticket, await settingsOf(tickets, tenantId, tx))[kind];
	if (!dueAt) return;
	const tenant = await tickets.copies.tenants.byId(tenantId, tenantId, tx);
	const isLeaving = tenant?.status === "offboarding";
	const at = dueAt <= tx.now && isLeaving ? new Date(tx.now.getTime() + LEAVING_MS) : dueAt;
	if (at > tx.now) await tickets.timers.set(tx, keyOf(ticket, kind), at);
	else await EFFECTS[kind](tickets, tx, ticket);
}

/** How many tickets are looked through in one transaction after a setting changed. */
const CHUNK = 100;
const SWEEP = "settings";

interface SweepPlace {
	status: TicketStatus;
	after: { createdAt: string; id: string } | null;
}

/** Looks through the tickets that a tenant's settings are about, a part at a time, and sets their timers anew. */
async function sweep(tickets: Tickets, tx: Transaction, { tenantId, data }: Timer): Promise<void> {
	const { status = "pending", after: last = null } = data as Partial<SweepPlace>;
	const createdAt = last && new Date(last.createdAt);
	const beyond = last ? { $or: [{ createdAt: { $gt: createdAt } }, { createdAt, _id: { $gt: last.id } }] } : {};
	const found = await tickets.tickets.find(
		{ tenantId },
		{ statusRank: STATUS_ORDER.indexOf(status), ...beyond },
		{ sort: { createdAt: 1, _id: 1 }, limit: CHUNK, tx },
	);
	const settings = await settingsOf(tickets, tenantId, tx);
	for (const ticket of found) await setTimers(tickets, tx, ticket, null, lifeTimes(ticket, settings));
	const end = found.length === CHUNK ? found.at(-1) : undefined;
	const next: SweepPlace | null = end
		? { status, after: { createdAt: end.createdAt.toISOString(), id: end._id } }
		: status === "pending"
			? { status: "solved", after: null }
			: null;
	if (next) await tickets.timers.set(tx, { tenantId, subjectId: tenantId, kind: SWEEP }, tx.now, next);
}

const OURS = [
	"autoCloseAfterSec",
	"pendingReminderAfterSec",
	"autoSolvePendingAfterSec",
	"requireAssigneeToSolve",
] as const;

/** A tenant's settings became known or changed: the tickets there are follow. */
export async function settingsChanged(
	{ timers }: Tickets,
	tx: Transaction,
	before: TenantCopy | undefined,
	{ tenantId, settings }: TenantCopy,
): Promise<void> {
	if (before && OURS.every((name) => before.settings[name] === settings[name])) return;
	await timers.set(tx, { tenantId, subjectId: tenantId, kind: SWEEP }, tx.now);
}

/** Says what happens when these timers are due. */
export function handleLifeTimers(tickets: Tickets): void {
	for (const kind of KINDS) tickets.timers.handle(kind, { fire: (tx, timer) => fire(tickets, tx, kind, timer) });
	tickets.timers.handle(SWEEP, { fire: (tx, timer) => sweep(tickets, tx, timer) });
}
