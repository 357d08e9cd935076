import type { InTransaction } from "../../../mixins/repository.ts";
import type { Calendar } from "../../../models/calendar.ts";
import type { SlaPolicy } from "../../../models/sla-policy.ts";
import type { Tickets } from "../tickets-store.ts";
import { ALWAYS, GROUP_CALENDAR } from "./policy-rules.ts";
import type { Terms } from "./promise-calculation.ts";
import type { Hours } from "./terms-book.ts";

const NO_HOURS: Hours = { id: ALWAYS, version: 0, spec: "always" };

const hoursOf = ({ _id, version, type, timeZone, hours, holidays, exceptions }: Calendar): Hours => ({
	id: _id,
	version,
	spec: { type, timeZone, hours, holidays, exceptions },
});

/** The tenant's default calendar; all hours of the day where it has none. */
export async function defaultHours({ calendars }: Tickets, tenantId: string, tx?: InTransaction): Promise<Hours> {
	const [found] = await calendars.find({ tenantId }, { isDefault: true }, { limit: 1, ...(tx ? { tx } : {}) });
	return found ? hoursOf(found) : NO_HOURS;
}

async function hoursById({ calendars }: Tickets, tenantId: string, id: string, tx?: InTransaction) {
	const found = await calendars.get({ tenantId }, id, tx);
	return found ? hoursOf(found) : null;
}

/** The hours of a group: its own calendar, else the tenant's default one. */
export async function groupHours(
	tickets: Tickets,
	tenantId: string,
	groupId: string | null,
	tx?: InTransaction,
): Promise<Hours> {
	const group = groupId === null ? undefined : await tickets.copies.groups.byId(tenantId, groupId, tx);
	const own = group?.calendarId ? await hoursById(tickets, tenantId, group.calendarId, tx) : null;
	return own ?? defaultHours(tickets, tenantId, tx);
}

/** What a policy means for a ticket of a group, by its calendar as it is now. */
export async function termsOf(
	tickets: Tickets,
	tx: InTransaction,
	policy: SlaPolicy,
	groupId: string | null,
): Promise<Terms> {
	const { tenantId, calendarId } = policy;
	const hours =
		calendarId === ALWAYS
			? NO_HOURS
			: calendarId === GROUP_CALENDAR
				? await groupHours(tickets, tenantId, groupId, tx)
				: ((await hoursById(tickets, tenantId, calendarId, tx)) ?? (await defaultHours(tickets, tenantId, tx)));
	return tickets.terms.keep(tx, policy, hours);
}
