import type { InTransaction } from "../../../mixins/repository.ts";
import type { Rule } from "../../../models/rule.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { compileCalendar, nextOpening } from "../sla/business-time.ts";
import { calendarBusinessTime, defaultBusinessTime } from "../sla/calendar-store.ts";
import type { BusinessTime } from "../sla/opening-table.ts";
import type { Tickets } from "../tickets-store.ts";
import { isTimeRule, metricOf } from "./time.ts";

/** Whether a rule is about service levels. */
export function isAboutSla(rule: Rule): boolean {
	return isTimeRule(rule) ? metricOf(rule.trigger.since) !== null : String(rule.trigger).startsWith("sla.");
}

/** Until when a rule that is about service levels has to keep quiet: until its calendar opens; null for not at all. */
export async function opensAt(tickets: Tickets, tx: InTransaction, rule: Rule): Promise<Date | null> {
	if (rule.scheduleCalendarId === null || !isAboutSla(rule)) return null;
	const calendar = await calendarBusinessTime(tickets, rule.tenantId, rule.scheduleCalendarId, tx);
	const opening = calendar && nextOpening(calendar, tx.now);
	return opening && opening > tx.now ? opening : null;
}

const ALWAYS = "always";

/** The business time of a ticket: of its service level's calendar, else of its group's, else of the tenant's. */
export async function businessTimeFor(tickets: Tickets, ticket: Ticket, tx: InTransaction): Promise<BusinessTime> {
	const { tenantId, groupId } = ticket;
	const group = groupId === null ? undefined : await tickets.copies.groups.byId(tenantId, groupId, tx);
	for (const id of [ticket.sla?.calendarId, group?.calendarId]) {
		if (id === ALWAYS) return compileCalendar(ALWAYS);
		const found = id ? await calendarBusinessTime(tickets, tenantId, id, tx) : null;
		if (found) return found;
	}
	return defaultBusinessTime(tickets, tenantId, tx);
}
