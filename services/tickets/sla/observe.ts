import type { Transaction } from "../../../mixins/store.ts";
import type { Timer } from "../../../mixins/timers.ts";
import { saveRevision } from "../save.ts";
import { isLeaving, LEAVING_MS } from "../settings.ts";
import type { Tickets } from "../tickets-store.ts";
import { advance, nextMoment } from "./promise-states.ts";
import { SLA_TIMER, slaTimerOf } from "./timer.ts";
import { turnsOf } from "./turns.ts";

/** Looks whether promises of a ticket have come to be at risk or are broken, and tells of it. */
async function observe(tickets: Tickets, tx: Transaction, { tenantId, subjectId }: Timer): Promise<void> {
	const before = await tickets.tickets.get({ tenantId }, subjectId, tx);
	if (!before?.sla) return;
	if (await isLeaving(tickets, tenantId, tx))
		return tickets.timers.set(tx, slaTimerOf(before), new Date(tx.now.getTime() + LEAVING_MS));
	const changes = turnsOf(before.sla, advance(before.sla, tx.now));
	if (changes.length > 0) {
		const action = changes.some(({ to }) => to === "breached") ? "sla.breached" : "sla.at_risk";
		const cause = { type: "sla", id: before.sla.policyId } as const;
		const happened = { type: "sla_time" } as const;
		await saveRevision(tickets, tx, { before, next: { ...before }, action, changes, cause, happened });
	} else {
		// It went off too early, by a clock that runs ahead of this one.
		const moment = nextMoment(before.sla);
		if (moment) await tickets.timers.set(tx, slaTimerOf(before), moment);
	}
}

/** Has the timers of clocks looked after. */
export function observeClocks(tickets: Tickets): void {
	tickets.timers.handle(SLA_TIMER, { fire: (tx, timer) => observe(tickets, tx, timer) });
}
