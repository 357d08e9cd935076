import { isDeepStrictEqual } from "node:util";
import type { Transaction } from "../../../mixins/store.ts";
import type { Calendar } from "../../../models/calendar.ts";
import { usesFields } from "../conditions.ts";
import type { Tickets } from "../tickets-store.ts";
import { GROUP_CALENDAR } from "./policy-rules.ts";
import { policiesOf } from "./policy-store.ts";

/** Timers of this kind calculate tickets anew; their subject is what changed. */
export const RECALCULATION = "sla_recalculation";

/** Which tickets: those that go by a policy or a calendar, or those of a customer. */
export type Concerned = { policyId?: string; calendarId?: string; customerId?: string };

/**
 * Has the tickets concerned that are not closed calculated anew in the background, as part of the change that makes it
 * necessary.
 * @param after the id of the last ticket that is done already
 */
export async function recalculate(
	{ timers }: Tickets,
	tx: Transaction,
	concerned: Concerned,
	reason: string,
	after = "",
): Promise<void> {
	const { tenantId } = tx.command;
	for (const [field, subjectId] of Object.entries(concerned))
		await timers.set(tx, { tenantId, kind: RECALCULATION, subjectId, key: field }, tx.now, { field, reason, after });
}

/** The same for every policy that goes by the calendars of groups. */
export async function recalculateGroups(tickets: Tickets, tx: Transaction, reason: string): Promise<void> {
	for (const { _id, calendarId } of await policiesOf(tickets, tx.command.tenantId, tx))
		if (calendarId === GROUP_CALENDAR) await recalculate(tickets, tx, { policyId: _id }, reason);
}

/** The same for a customer whose tags changed, where a policy asks for these. */
export async function customerTagsChanged(tickets: Tickets, tx: Transaction, customerId: string): Promise<void> {
	const policies = await policiesOf(tickets, tx.command.tenantId, tx);
	if (policies.some(({ conditions }) => usesFields(conditions).includes("customerTags")))
		await recalculate(tickets, tx, { customerId }, "customer_tags");
}

const hoursOf = ({ type, timeZone, hours, holidays, exceptions }: Calendar) => ({
	...{ type, timeZone, hours, holidays, exceptions },
});

/** A calendar was made, changed or removed: the tickets that go by it are calculated anew. */
export async function calendarChanged(
	tickets: Tickets,
	tx: Transaction,
	before: Calendar | null,
	after: Calendar | null,
): Promise<void> {
	const isDefault = after?.isDefault ?? false;
	if ((before?.isDefault ?? false) !== isDefault) await recalculateGroups(tickets, tx, "calendar_edited");
	if (before && !(after && isDeepStrictEqual(hoursOf(before), hoursOf(after))))
		await recalculate(tickets, tx, { calendarId: before._id }, "calendar_edited");
}
