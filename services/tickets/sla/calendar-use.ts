import type { InTransaction } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Calendar } from "../../../models/calendar.ts";
import { groupCopyModel } from "../../../models/ticket-copies.ts";
import { replanRules } from "../rules/plan.ts";
import { rulesWithCalendar } from "../rules/rule-store.ts";
import type { Tickets } from "../tickets-store.ts";
import { calendarUsers as policiesWithCalendar } from "./policy-store.ts";
import { calendarChanged as recalculateTickets } from "./recalculate.ts";

/** Something that goes by a calendar. */
interface User {
	kind: "policy" | "rule" | "group";
	id: string;
	name: string;
}

const MAX_USERS = 10;

async function groupsWithCalendar(
	{ store }: Tickets,
	tenantId: string,
	calendarId: string,
	tx: InTransaction,
): Promise<User[]> {
	const found = await store
		.model(groupCopyModel)
		.find({ tenantId, calendarId, deleted: false })
		.limit(MAX_USERS)
		.session(tx.session)
		.lean<{ _id: string; name: string }[]>();
	return found.map(({ _id, name }) => ({ kind: "group", id: _id, name }));
}

/** What names a calendar and would be without one: policies, rules and groups, some of each. */
export async function calendarUsers(
	tickets: Tickets,
	tenantId: string,
	calendarId: string,
	tx: InTransaction,
): Promise<User[]> {
	const users = [
		await policiesWithCalendar(tickets, tenantId, calendarId, tx),
		await rulesWithCalendar(tickets, tenantId, calendarId, tx),
		await groupsWithCalendar(tickets, tenantId, calendarId, tx),
	];
	return users.flatMap((some) => some.slice(0, MAX_USERS) as User[]);
}

/** A calendar was made, changed or removed: what was reckoned by it is reckoned anew. */
export async function calendarChanged(
	tickets: Tickets,
	tx: Transaction,
	before: Calendar | null,
	after: Calendar | null,
): Promise<void> {
	await recalculateTickets(tickets, tx, before, after);
	await replanRules(tickets, tx, tx.command.tenantId);
}
