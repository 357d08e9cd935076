import type { Transaction } from "../../../mixins/store.ts";
import type { Assignment } from "../../../models/group.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import type { PersonCopy } from "../../../models/ticket-copies.ts";
import { SYSTEM_ACTOR } from "../authorship.ts";
import { apply, type LifecycleEvent, type Patch } from "../lifecycle.ts";
import { fits, unfitness } from "../placement.ts";
import { settingsOf } from "../settings.ts";
import { due } from "../sla/business-time.ts";
import { calendarBusinessTime, defaultBusinessTime } from "../sla/calendar-store.ts";
import type { Tickets } from "../tickets-store.ts";
import { isThere } from "./candidates.ts";
import { assignAutomatically } from "./choose.ts";
import { isWaiting } from "./waiting.ts";

/** What became of a ticket so far, in one commit. */
export interface Course {
	before: Ticket;
	next: Ticket;
	changes: Change[];
	events: LifecycleEvent[];
}

/** Takes a reopened ticket from somebody who is not there for too long, see {@link unassignAt}. */
export const REASSIGN = "reassign";

/** Goes on with a course by what follows from it. */
function further(course: Course, tx: Transaction, patch: Patch, why: { strategy?: string; reason?: string }): Course {
	const context = { now: tx.now, actor: SYSTEM_ACTOR, settings: { requireAssigneeToSolve: true } };
	const { next, changes, events } = apply(course.next, { type: "change", patch, ...why }, context);
	return { ...course, next, changes: [...course.changes, ...changes], events: [...course.events, ...events] };
}

/**
 * When a reopened ticket is taken from its assignee who is not there: that many business seconds after they left, by the
 * calendar of the group, or of the tenant where the group has none. Null where they are there, or it never comes.
 */
export async function unassignAt(
	tickets: Tickets,
	tx: Transaction,
	ticket: Ticket,
	person: PersonCopy,
): Promise<Date | null> {
	const { tenantId, groupId } = ticket;
	const group = groupId === null ? undefined : await tickets.copies.groups.byId(tenantId, groupId, tx);
	const { assignment } = group ?? {};
	if (!group || !isAutomatic(assignment) || isThere(person as { availability: PersonCopy["availability"] }, assignment))
		return null;
	if (person.availability === undefined || !person.availabilityChangedAt) return null;
	const { reassignAfterSec } = await settingsOf(tickets, tenantId, tx);
	const own = group.calendarId ? await calendarBusinessTime(tickets, tenantId, group.calendarId, tx) : null;
	const calendar = own ?? (await defaultBusinessTime(tickets, tenantId, tx));
	return due(calendar, person.availabilityChangedAt, reassignAfterSec);
}

const isAutomatic = (assignment: Assignment | undefined): assignment is Assignment =>
	assignment !== undefined && assignment.strategy !== "manual";

/** A reopened ticket stays with its assignee who may still have it and is there, or has not been away for long. */
async function reopened(tickets: Tickets, tx: Transaction, course: Course, assigneeId: string): Promise<Course> {
	const { next } = course;
	const { tenantId, _id: subjectId } = next;
	const person = await tickets.copies.people.byId(tenantId, assigneeId, tx);
	if (!person) return course;
	if (!fits(person, next.groupId)) return further(course, tx, { assigneeId: null }, { reason: unfitness(person) });
	const at = await unassignAt(tickets, tx, next, person);
	if (at === null) return course;
	if (at <= tx.now) return further(course, tx, { assigneeId: null }, { reason: "unavailable" });
	const data = { assigneeId, since: person.availabilityChangedAt };
	await tickets.timers.set(tx, { tenantId, subjectId, kind: REASSIGN }, at, data);
	return course;
}

/**
 * What follows from a change for the assignee, before anything is written: a ticket that comes into a group is given to
 * somebody there, and one that is reopened may be taken from somebody who cannot see to it.
 */
export async function settleAssignee(tickets: Tickets, tx: Transaction, course: Course): Promise<Course> {
	const { before, next } = course;
	if (next.groupId !== null && next.groupId !== before.groupId && next.assigneeId === null) {
		const group = await tickets.copies.groups.byId(next.tenantId, next.groupId, tx);
		const chosen = isWaiting(next, group?.assignment) ? await assignAutomatically(tickets, tx, next) : null;
		return chosen ? further(course, tx, { assigneeId: chosen.assigneeId }, { strategy: chosen.strategy }) : course;
	}
	const isReopened = before.status === "solved" && next.status === "open";
	if (!isReopened) return course;
	const group = next.groupId === null ? undefined : await tickets.copies.groups.byId(next.tenantId, next.groupId, tx);
	if (group?.deleted) return further(course, tx, { groupId: null, assigneeId: null }, { reason: "group_deleted" });
	return next.assigneeId === null ? course : reopened(tickets, tx, course, next.assigneeId);
}
