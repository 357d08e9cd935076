import { TICKET_PRIORITIES, TICKET_STATUSES } from "../../../contracts/tickets-events.ts";
import type { Condition } from "../../../lib/list-query.ts";
import type { FactTable } from "../table/fact-table.ts";

/** What numbers can be broken down by. Each goes with the filter that picks one part. */
export const DIMENSIONS = {
	group: "groupId",
	assignee: "assigneeId",
	priority: "priority",
	status: "status",
	channel: "channel",
	type: "type",
} as const;
export type Dimension = keyof typeof DIMENSIONS;

/** The kinds of rows that numbers are made of. */
export type Source =
	| "created"
	| "closed"
	| "solves"
	| "reopens"
	| "firstResponses"
	| "nextResponses"
	| "messages"
	| "promises"
	| "surveys"
	| "answers"
	| "stretches";

/** Which tickets' rows count: those that the words of the caller find, narrowed by its filters. */
export interface Selection {
	/** null: every ticket; else those of these groups, or with this person as assignee or follower */
	reach: { groupIds: readonly string[]; personId: string | null } | null;
	filter: Readonly<Record<string, Condition>>;
}

/** A column of numbers, of the rows themselves or of their tickets. */
export interface Column {
	values: ArrayLike<number>;
	ofTicket: boolean;
	/** what a number stands for */
	text: (ordinal: number) => string | null;
}

type Own = Partial<Record<"group" | "agent" | "status" | "priority", ArrayLike<number>>>;

/**
 * What a kind of rows is broken down by. Group, person, status and priority are those of the moment that a row tells of
 * where it has them (of a solve, a reply, a stretch in the backlog); everything else is the ticket's as it is now.
 */
export function columnOf(table: FactTable, source: Source, dimension: Dimension): Column {
	const own = table[source].at as Own;
	const ticket = table.tickets.at;
	const column = (mine: ArrayLike<number> | undefined, tickets: ArrayLike<number>, text: Column["text"]): Column =>
		mine ? { values: mine, ofTicket: false, text } : { values: tickets, ofTicket: true, text };
	const named = (ordinal: number) => table.texts.text(ordinal);
	if (dimension === "group") return column(own.group, ticket.group, named);
	if (dimension === "assignee") return column(own.agent, ticket.assignee, named);
	if (dimension === "status") return column(own.status, ticket.status, (n) => TICKET_STATUSES[n] ?? null);
	if (dimension === "priority") return column(own.priority, ticket.priority, (n) => TICKET_PRIORITIES[n] ?? null);
	return column(undefined, ticket[dimension], named);
}

/** Whether one value passes a condition. */
function passes(condition: Condition, value: string | null): boolean {
	const { eq, ne, in: any, nin } = condition;
	return (
		(eq === undefined || value === eq) &&
		(ne === undefined || value !== ne) &&
		(any === undefined || (any as unknown[]).includes(value)) &&
		(nin === undefined || !(nin as unknown[]).includes(value))
	);
}

/** Whether a set of values passes a condition. */
function setPasses(condition: Condition, values: readonly string[]): boolean {
	const has = (value: unknown) => values.includes(value as string);
	const { eq, ne, in: any, nin, all } = condition;
	return (
		(eq === undefined || has(eq)) &&
		(ne === undefined || !has(ne)) &&
		(any === undefined || (any as unknown[]).some(has)) &&
		(nin === undefined || !(nin as unknown[]).some(has)) &&
		(all === undefined || (all as unknown[]).every(has))
	);
}

interface Check {
	values: ArrayLike<number>;
	ofTicket: boolean;
	good: Uint8Array;
}

function dimensionCheck(table: FactTable, source: Source, dimension: Dimension, condition: Condition): Check {
	const { values, ofTicket, text } = columnOf(table, source, dimension);
	const count = dimension === "status" ? TICKET_STATUSES.length : dimension === "priority" ? 4 : table.texts.size;
	const good = Uint8Array.from({ length: count }, (_, ordinal) => (passes(condition, text(ordinal)) ? 1 : 0));
	return { values, ofTicket, good };
}

function tagCheck(table: FactTable, condition: Condition): Check {
	const good = table.tags.passing((tags) => setPasses(condition, tags));
	return { values: table.tickets.at.tags, ofTicket: true, good };
}

/** The test whether a ticket is found: by its group, its assignee or its followers, as they are now. */
export function reachTest(table: FactTable, reach: Selection["reach"]): (ticket: number) => boolean {
	if (reach === null) return () => true;
	const { group, assignee, followers } = table.tickets.at;
	const groups = new Set(reach.groupIds.map((id) => table.texts.find(id)));
	const person = reach.personId === null ? -1 : table.texts.find(reach.personId);
	const followed = table.followers.passing((ids) => reach.personId !== null && ids.includes(reach.personId));
	return (ticket) =>
		groups.has(group[ticket] as number) ||
		(person > 0 && assignee[ticket] === person) ||
		followed[followers[ticket] as number] === 1;
}

const FILTERED = Object.fromEntries(Object.entries(DIMENSIONS).map(([dimension, name]) => [name, dimension])) as Record<
	string,
	Dimension
>;

/** The test that a row of a kind has to pass to be counted. To be made anew after the table has changed. */
export function rowTest(table: FactTable, source: Source, selection: Selection): (row: number) => boolean {
	const checks = Object.entries(selection.filter).map(([name, condition]) => {
		const dimension = FILTERED[name];
		return dimension ? dimensionCheck(table, source, dimension, condition) : tagCheck(table, condition);
	});
	const ticketOf = table[source].at.ticket;
	const found = selection.reach ? reachTest(table, selection.reach) : null;
	if (checks.length === 0 && found === null) return () => true;
	return (row) => {
		const ticket = ticketOf[row] as number;
		for (const { values, ofTicket, good } of checks)
			if (good[values[ofTicket ? ticket : row] as number] !== 1) return false;
		return found === null || found(ticket);
	};
}

/** The conditions as parameters of a query string, each with its operator. */
export function filterQuery(filter: Selection["filter"]): [string, string][] {
	const word = (value: unknown) => (value === null ? "none" : String(value));
	return Object.entries(filter).flatMap(([name, condition]) =>
		Object.entries(condition).flatMap(([operator, value]): [string, string][] => {
			if (operator === "eq") return [[`${name}[in]`, word(value)]];
			return [[`${name}[${operator}]`, Array.isArray(value) ? value.map(word).join(",") : word(value)]];
		}),
	);
}
