import type { TenantSettings } from "../../contracts/tenant-settings.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Ticket, TicketStatus } from "../../models/ticket.ts";
import type { TenantCopy } from "../../models/ticket-copies.ts";
import { learnTenantSoon } from "./learn-soon.ts";
import { SNOOZABLE } from "./lifecycle.ts";
import { settingsOf } from "./settings.ts";
import type { Step } from "./steps.ts";
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
export const LIFE_KINDS = ["auto_close", "snooze", "pending_reminder", "pending_solve"] as const;
export type LifeKind = (typeof LIFE_KINDS)[number];
type LifeTimes = Record<LifeKind, Date | null>;

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

export const lifeTimerOf = ({ tenantId, _id: subjectId }: Ticket, kind: LifeKind) => ({ tenantId, subjectId, kind });

/** Sets what differs between the times that were and those that will be; all of them where `was` is null. */
export async function setTimers(
	{ timers }: Tickets,
	tx: Transaction,
	ticket: Ticket,
	was: LifeTimes | null,
	will: LifeTimes,
) {
	for (const kind of LIFE_KINDS) {
		const at = will[kind];
		if (was !== null && was[kind]?.getTime() === at?.getTime()) continue;
		if (at) await timers.set(tx, lifeTimerOf(ticket, kind), at);
		else await timers.cancel(tx, lifeTimerOf(ticket, kind));
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

/** Looks through the tickets of a tenant whose settings changed. */
export const SWEEP = "settings";

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
