import type { TicketFacts } from "../../services/dashboard/facts.ts";
import type { Metric, Period } from "../../services/dashboard/numbers/metrics.ts";
import type { Selection } from "../../services/dashboard/numbers/selection.ts";

/** One thing counted, as plainly as it can be said. */
export interface Counted {
	ticketId: string;
	at: number;
	calendarSec: number | null;
	businessSec: number | null;
	/** what is told with it, where that is no duration */
	value?: number;
	group: string | null;
	assignee: string | null;
	status: string;
	priority: string;
	channel: string;
	type: string;
	tags: string[];
}

const BACKLOG = ["new", "open", "pending", "on_hold"];

function rowsOf(metric: Metric, ticket: TicketFacts, { from, to, now }: Period): Counted[] {
	const within = (at: number | null): at is number => at !== null && at >= from && at < to;
	const base: Counted = {
		ticketId: ticket._id,
		at: ticket.createdAt,
		calendarSec: null,
		businessSec: null,
		group: ticket.groupId,
		assignee: ticket.assigneeId,
		status: ticket.status,
		priority: ticket.priority,
		channel: ticket.channel,
		type: ticket.type,
		tags: ticket.tags,
	};
	const { solves, responses, messages, intervals } = ticket;
	const credit = (row: { groupId: string | null }, assignee: string | null) => ({ group: row.groupId, assignee });
	const seconds = ({ calendarSec, businessSec }: { calendarSec: number; businessSec: number | null }) => ({
		calendarSec,
		businessSec,
	});
	const answers = (first: boolean) =>
		responses
			.filter((response) => response.first === first && within(response.at))
			.map((response) => ({ ...base, at: response.at, ...credit(response, response.agentId), ...seconds(response) }));
	const written = (authorType: string, kind: string | null) =>
		messages
			.filter((one) => one.authorType === authorType && (kind === null || one.kind === kind) && within(one.at))
			.map((one) => ({ ...base, at: one.at, ...credit(one, authorType === "agent" ? one.authorId : null) }));
	const solved = (good: (solve: TicketFacts["solves"][number], index: number) => boolean) =>
		solves
			.filter(good)
			.map((solve) => ({ ...base, at: solve.at, ...credit(solve, solve.assigneeId), ...seconds(solve) }));
	const inRange = solves.filter((solve) => within(solve.at));
	const last = inRange.at(-1);
	const stands = last && (last.reopenedAt === null || last.reopenedAt >= to);
	const end = to > now ? Number.POSITIVE_INFINITY : to;
	const open = intervals
		.filter((one) => BACKLOG.includes(one.status) && one.from < end && (one.to ?? Number.POSITIVE_INFINITY) >= end)
		.map((one) => ({ ...base, ...credit(one, one.assigneeId), status: one.status, priority: one.priority }));
	const quality = /^sla(FirstResponse|NextResponse|Resolution|)([A-Z][a-z]+)$/.exec(metric);
	if (quality) return promisesOf(ticket, base, quality[1] as string, quality[2]?.toLowerCase() as string, within);
	if (metric.startsWith("csat")) return saidOf(ticket, base, metric, within);
	switch (metric) {
		case "created":
			return within(ticket.createdAt) ? [base] : [];
		case "closed":
			return within(ticket.closedAt) ? [{ ...base, at: ticket.closedAt }] : [];
		case "solvedTickets":
			return stands ? solved((solve) => solve === last).map((row) => ({ ...row })) : [];
		case "resolution":
			return stands ? solved((solve) => solve === last) : [];
		case "solveEvents":
			return solved((solve) => within(solve.at));
		case "reopened":
			return solves
				.filter((solve) => within(solve.reopenedAt))
				.map((solve) => ({ ...base, at: solve.reopenedAt as number, ...credit(solve, solve.assigneeId) }));
		case "firstResponse":
			return answers(true);
		case "nextResponse":
			return answers(false);
		case "replies":
			return written("agent", "public_reply");
		case "internalNotes":
			return written("agent", "internal_note");
		case "customerMessages":
			return written("customer", null);
		case "backlog":
			return open;
		case "unassigned":
			return open.filter(({ assignee }) => assignee === null);
		case "urgent":
			return open.filter(({ priority }) => priority === "urgent");
		default:
			throw new Error(`nobody said how to recount ${metric}`);
	}
}

type Within = (at: number | null) => at is number;

const METRIC_OF: Record<string, string> = {
	FirstResponse: "first_response",
	NextResponse: "next_response",
	Resolution: "resolution",
};

/** A promise that was forgiven is waived, one that was ever late is breached, whatever else became of it. */
function promisesOf(ticket: TicketFacts, base: Counted, scope: string, outcome: string, within: Within): Counted[] {
	const rows: Counted[] = [];
	for (const { metric, ended, breached, waived, targetSec } of ticket.promises ?? []) {
		if (scope !== "" && metric !== METRIC_OF[scope]) continue;
		const was = waived ? "waived" : breached ? "breached" : ended?.how;
		const row = waived ?? breached ?? ended;
		if (was !== outcome || !row || !within(row.at)) continue;
		const { at, groupId: group, assigneeId: assignee, priority } = row;
		const value = was === "breached" ? (ended?.elapsedSec ?? targetSec) : row.elapsedSec;
		rows.push({ ...base, at, group, assignee, priority, value });
	}
	return rows;
}

function saidOf(ticket: TicketFacts, base: Counted, metric: string, within: Within): Counted[] {
	const all = (ticket.surveys ?? []).map((one) => ({ ...one, group: one.groupId, assignee: one.agentId }));
	if (metric === "csatRequested")
		return all
			.filter(({ requestedAt }) => within(requestedAt))
			.map(({ requestedAt: at, group, assignee }) => ({ ...base, at, group, assignee }));
	const good: Record<string, (rating: number) => boolean> = {
		csatResponses: () => true,
		csatPositive: (rating) => rating >= 4,
	};
	const isGood = good[metric] ?? ((rating: number) => metric === `csatRating${rating}`);
	return all.flatMap(({ answer, group, assignee }) =>
		answer && isGood(answer.rating) && within(answer.at)
			? [{ ...base, at: answer.at, group, assignee, value: answer.rating }]
			: [],
	);
}

const FIELDS = { groupId: "group", assigneeId: "assignee" } as Record<string, keyof Counted>;

function selected(row: Counted, ticket: TicketFacts, { reach, filter }: Selection): boolean {
	if (reach !== null) {
		const mine = reach.personId !== null && [ticket.assigneeId, ...ticket.followerIds].includes(reach.personId);
		if (!mine && !(ticket.groupId !== null && reach.groupIds.includes(ticket.groupId))) return false;
	}
	return Object.entries(filter).every(([name, condition]) =>
		Object.entries(condition).every(([operator, value]) => {
			const values = name.startsWith("tag") ? row.tags : [row[FIELDS[name] ?? (name as keyof Counted)]];
			const wanted = [value].flat() as (string | null)[];
			const has = (one: string | null) => (values as (string | null)[]).includes(one);
			if (operator === "all") return wanted.every(has);
			return operator === "ne" || operator === "nin" ? !wanted.some(has) : wanted.some(has);
		}),
	);
}

/** Everything that a metric counts, by going through every ticket's story. */
export function recount(
	metric: Metric,
	tickets: readonly TicketFacts[],
	period: Period,
	selection: Selection,
): Counted[] {
	return tickets.flatMap((ticket) => rowsOf(metric, ticket, period).filter((row) => selected(row, ticket, selection)));
}

/** R-7 by its formula over a sorted plain array. */
export function percentile(values: readonly number[], share: number): number | null {
	if (values.length === 0) return null;
	const sorted = [...values].sort((a, b) => a - b);
	const h = (sorted.length - 1) * share;
	const [low, high] = [sorted[Math.floor(h)] as number, sorted[Math.ceil(h)] as number];
	return low + (high - low) * (h - Math.floor(h));
}
