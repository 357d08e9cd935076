import type { Transaction } from "../../mixins/store.ts";
import { calendarModel } from "../../models/calendar.ts";
import { serviceValueModel } from "../../models/outbox.ts";
import { savedViewModel } from "../../models/saved-view.ts";
import { shipRules } from "./rules/defaults.ts";
import { openViews } from "./saved-views/default-views.ts";
import { defaultCalendar } from "./sla/calendar-store.ts";
import { sequenceOf, type Tickets } from "./tickets-store.ts";

/*
 * What a tenant begins with: its tickets are counted from 1, it has a calendar, views, and rules that are switched off.
 */

/** Makes what of this is not there yet. Returns how many things were made. */
export async function beginTenant(tickets: Tickets, tenantId: string, timeZone: string): Promise<number> {
	const { store, runtime } = tickets;
	const now = runtime.clock.now();
	const counted = await store
		.model(serviceValueModel)
		.updateOne({ _id: sequenceOf(tenantId) }, { $setOnInsert: { number: 0 } }, { upsert: true });
	const kept = await openViews(store.model(savedViewModel), tenantId, now);
	const { tenantId: _tenantId, isDefault: _isDefault, ...calendar } = defaultCalendar(tenantId, timeZone, now);
	const opened = await store
		.model(calendarModel)
		.updateOne({ tenantId, isDefault: true }, { $setOnInsert: calendar }, { upsert: true });
	const shipped = await shipRules(tickets, tenantId);
	return kept + counted.upsertedCount + opened.upsertedCount + shipped;
}

const BEGIN = "begin_tenant";

/** Has a tenant given what it begins with, soon: one that no saga has provisioned, such as that of the demo. */
export function beginSoon({ timers }: Tickets, tx: Transaction, tenantId: string): Promise<void> {
	return timers.setIfNone(tx, { tenantId, subjectId: tenantId, kind: BEGIN }, tx.now);
}

/** Says what happens when a tenant is to be given what it begins with. */
export function handleBeginning(tickets: Tickets): void {
	tickets.timers.handle(BEGIN, {
		// Before the transaction: whatever is there already stays, so that doing it twice makes nothing twice.
		async prepare({ tenantId }) {
			const tenant = await tickets.copies.tenants.byId(tenantId, tenantId);
			if (tenant?.status === "active") await beginTenant(tickets, tenantId, tenant.timeZone);
		},
		fire: async () => undefined,
	});
}
