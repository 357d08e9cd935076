import { STATUS_ORDER, type Ticket, type TicketStatus } from "../../models/ticket.ts";
import {
	apply,
	type LifecycleActor,
	type LifecycleCommand,
	type LifecycleEvent,
	type Outcome,
} from "../../services/tickets/lifecycle.ts";
import { ticketWith } from "./ticket.ts";

const now = new Date("2026-02-01T12:00:00.000Z");
const before = new Date("2026-02-01T11:00:00.000Z");
const agent: LifecycleActor = { kind: "agent", id: "ann", assignable: true, groupIds: ["g1"] };
const integration: LifecycleActor = { kind: "agent", id: "token", assignable: false, groupIds: [] };
const cora: LifecycleActor = { kind: "customer", id: "cora", assignable: false, groupIds: [] };
const system: LifecycleActor = { kind: "system", id: "tickets", assignable: false, groupIds: [] };

const run = (ticket: Ticket, command: LifecycleCommand, actor = agent, requireAssigneeToSolve = true): Outcome =>
	apply(ticket, command, { now, actor, settings: { requireAssigneeToSolve } });

/** A ticket as it is after a while in a status. */
function inStatus(status: TicketStatus, fields: Partial<Ticket> = {}): Ticket {
	const done = status === "solved" || status === "closed";
	return ticketWith({
		status,
		assigneeId: status === "new" ? null : "bob",
		solvedAt: done ? before : null,
		firstSolvedAt: done ? before : null,
		closedAt: status === "closed" ? before : null,
		...fields,
	});
}

const refusal = (work: () => unknown): [number, string] | null => {
	try {
		work();
		return null;
	} catch (error) {
		const problem = error as { code: number; type: string };
		return [problem.code, problem.type];
	}
};
const named = (events: LifecycleEvent[]) =>
	events.map((event) => (event.type === "statusChanged" ? `${event.from}>${event.to}` : event.type));

/** The matrix as the specification prints it: `•` allowed, `–` refused, `=` nothing happens. */
const MATRIX: Record<TicketStatus, string> = {
	new: "= • • • • •",
	open: "– = • • • •",
	pending: "– • = • • •",
	on_hold: "– • • = • •",
	solved: "– • – – = •",
	closed: "– – – – – =",
};
const cells = STATUS_ORDER.flatMap((from) =>
	MATRIX[from].split(" ").map((cell, column) => [from, STATUS_ORDER[column] as TicketStatus, cell] as const),
);
const refused = (from: TicketStatus) => (from === "closed" ? [409, "ticket_closed"] : [409, "invalid_transition"]);

describe("a change of status", () => {
	test.each(cells)("from %s to %s: %s", (from, to, cell) => {
		const ticket = inStatus(from);
		const command: LifecycleCommand = { type: "change", patch: { status: to } };
		if (cell === "–") {
			expect(refusal(() => run(ticket, command))).toEqual(refused(from));
			return;
		}
		const { next, events, changes } = run(ticket, command);
		expect(next.status).toBe(to);
		if (cell === "=") {
			expect([events, changes, next]).toEqual([[], [], ticket]);
			return;
		}
		const direct = to === "closed" && from !== "solved";
		expect(named(events).filter((one) => one.includes(">"))).toEqual(
			direct ? [`${from}>solved`, "solved>closed"] : [`${from}>${to}`],
		);
		expect(named(events).filter((one) => one === "solved")).toHaveLength(to === "solved" || direct ? 1 : 0);
		expect(named(events).filter((one) => one === "closed")).toHaveLength(to === "closed" ? 1 : 0);
		expect(named(events).filter((one) => one === "reopened")).toHaveLength(from === "solved" && to === "open" ? 1 : 0);
		expect(next.solvedAt).toEqual(to === "solved" || direct ? now : to === "closed" ? before : null);
		expect(next.closedAt).toEqual(to === "closed" ? now : null);
		expect(next.firstSolvedAt).toEqual(from === "solved" ? before : to === "solved" || direct ? now : null);
		expect(next.reopenCount).toBe(from === "solved" && to === "open" ? 1 : 0);
	});
});

describe("a public reply of an agent", () => {
	test.each(cells)("in %s that sets %s: %s", (from, to, cell) => {
		const ticket = inStatus(from, { waitingSince: from === "closed" ? null : before });
		const reply = () => run(ticket, { type: "reply", status: to });
		if (cell === "–" || from === "closed") expect(refusal(reply)).toEqual(refused(from));
		else
			expect(reply().next).toMatchObject({
				status: to,
				lastAgentMessageAt: now,
				firstRespondedAt: now,
				waitingSince: null,
			});
	});

	test.each(STATUS_ORDER.filter((status) => status !== "closed"))("in %s without a status", (from) => {
		const { next, events, isFirstResponse, responseSec } = run(inStatus(from, { waitingSince: before }), {
			type: "reply",
		});
		expect(next.status).toBe(from === "new" ? "open" : from);
		expect(next).toMatchObject({ firstRespondedAt: now, lastAgentMessageAt: now, waitingSince: null });
		expect([isFirstResponse, responseSec]).toEqual([true, 3600]);
		expect(named(events)).toEqual(from === "new" ? ["assigned", "new>open"] : []);
	});

	test("makes an unassigned new ticket the author's, where the author is of its group", () => {
		expect(run(ticketWith(), { type: "reply" }).next).toMatchObject({ assigneeId: "ann", assignedAt: now });
		expect(run(ticketWith({ groupId: "g1" }), { type: "reply" }).next.assigneeId).toBe("ann");
		expect(run(ticketWith({ groupId: "g2" }), { type: "reply" }).next).toMatchObject({
			assigneeId: null,
			status: "open",
		});
		expect(run(ticketWith(), { type: "reply" }, integration).next).toMatchObject({ assigneeId: null, status: "open" });
		expect(run(inStatus("open", { assigneeId: null }), { type: "reply" }).next.assigneeId).toBeNull();
		expect(run(ticketWith(), { type: "reply", status: "pending" }).next).toMatchObject({
			status: "pending",
			assigneeId: "ann",
		});
	});

	test("is the first response once, and has no response time where nobody waited", () => {
		const second = run(inStatus("open", { firstRespondedAt: before }), { type: "reply" });
		expect(second).toMatchObject({ isFirstResponse: false, responseSec: null, next: { firstRespondedAt: before } });
	});

	test("that is imported never turns a clock back", () => {
		const { next } = run(inStatus("open", { lastAgentMessageAt: new Date("2027-01-01") }), { type: "reply" });
		expect(next.lastAgentMessageAt).toEqual(new Date("2027-01-01"));
	});
});

describe("a message of a customer", () => {
	test.each([
		["new", "new", []],
		["open", "open", []],
		["pending", "open", ["pending>open"]],
		["on_hold", "open", ["on_hold>open"]],
		["solved", "open", ["solved>open", "reopened"]],
	] as const)("in %s leads to %s", (from, to, events) => {
		const outcome = run(inStatus(from), { type: "reply" }, cora);
		expect(outcome.next).toMatchObject({ status: to, lastCustomerMessageAt: now, waitingSince: now });
		expect(named(outcome.events)).toEqual(events);
		if (from === "solved") expect(outcome.events).toContainEqual({ type: "reopened", reason: "customer_reply" });
		expect(outcome).toMatchObject({ isFirstResponse: false, responseSec: null });
	});

	test("on a closed ticket is refused, for a follow-up to be opened", () => {
		expect(refusal(() => run(inStatus("closed"), { type: "reply" }, cora))).toEqual([409, "ticket_closed"]);
	});

	test("does not move the beginning of the wait", () => {
		expect(run(inStatus("open", { waitingSince: before }), { type: "reply" }, cora).next.waitingSince).toEqual(before);
	});

	test.each(["new", "open", "pending", "on_hold", "solved"] as const)("in %s may solve it", (from) => {
		const { next } = run(
			inStatus(from, { assigneeId: null, waitingSince: null }),
			{ type: "reply", status: "solved" },
			cora,
		);
		expect(next).toMatchObject({ status: "solved", waitingSince: null, reopenCount: 0, assigneeId: null });
	});
});

describe("an internal note", () => {
	test.each(STATUS_ORDER)("in %s changes nothing", (status) => {
		const ticket = inStatus(status, { waitingSince: before });
		expect(run(ticket, { type: "note" })).toMatchObject({ next: ticket, events: [], changes: [] });
	});
});

describe("solving", () => {
	const solve: LifecycleCommand = { type: "change", patch: { status: "solved" } };
	const unassigned = inStatus("open", { assigneeId: null, waitingSince: before });

	test("makes the acting agent responsible", () => {
		const { next, events, changes } = run(unassigned, solve);
		expect(next).toMatchObject({ assigneeId: "ann", assignedAt: now, waitingSince: null });
		expect(named(events)).toEqual(["open>solved", "assigned", "solved"]);
		expect(changes.map(({ field }) => field)).toEqual(["status", "assigneeId"]);
	});

	test("needs somebody where nobody can be", () => {
		for (const actor of [integration, system])
			expect(refusal(() => run(unassigned, solve, actor))).toEqual([422, "assignee_required"]);
		expect(run(unassigned, solve, integration, false).next).toMatchObject({ status: "solved", assigneeId: null });
		const both: LifecycleCommand = { type: "change", patch: { status: "solved", assigneeId: "bob" } };
		expect(run(unassigned, both, integration).next).toMatchObject({ status: "solved", assigneeId: "bob" });
	});

	test("again keeps when it was first", () => {
		const { next } = run(inStatus("open", { firstSolvedAt: before, reopenCount: 1 }), solve);
		expect(next).toMatchObject({ solvedAt: now, firstSolvedAt: before, reopenCount: 1 });
	});
});

describe("assigning", () => {
	const assign = (assigneeId: string | null): LifecycleCommand => ({
		type: "change",
		patch: { assigneeId },
		strategy: "manual",
	});

	test.each(STATUS_ORDER.filter((status) => status !== "closed"))("in %s", (status) => {
		const { next, events } = run(inStatus(status, { assigneeId: null }), assign("bob"));
		expect(next).toMatchObject({ assigneeId: "bob", assignedAt: now, status: status === "new" ? "open" : status });
		expect(events[0]).toEqual({ type: "assigned", from: null, to: "bob", strategy: "manual" });
		expect(named(events)).toEqual(status === "new" ? ["assigned", "new>open"] : ["assigned"]);
	});

	test("to nobody, or to the same", () => {
		const ticket = inStatus("open", { assignedAt: before });
		expect(run(ticket, assign(null))).toMatchObject({
			next: { assigneeId: null, assignedAt: null, status: "open" },
			events: [{ type: "unassigned", from: "bob", to: null }],
		});
		expect(run(ticket, assign("bob"))).toMatchObject({ next: ticket, events: [], changes: [] });
	});

	test("with another status opens nothing in between", () => {
		const { events } = run(ticketWith(), { type: "change", patch: { assigneeId: "bob", status: "pending" } });
		expect(named(events)).toEqual(["assigned", "new>pending"]);
	});
});

describe("a closed ticket", () => {
	test("takes tags and nothing else", () => {
		const ticket = inStatus("closed");
		expect(run(ticket, { type: "change", patch: { tags: ["a"] } }).next.tags).toEqual(["a"]);
		expect(run(ticket, { type: "change", patch: { subject: "Help", status: "closed" } })).toMatchObject({
			changes: [],
		});
		for (const patch of [{ subject: "Other" }, { assigneeId: "ann" }, { tags: ["a"], priority: "low" }] as const)
			expect(refusal(() => run(ticket, { type: "change", patch: patch as never }))).toEqual([409, "ticket_closed"]);
		expect(refusal(() => run(ticket, { type: "noReplyNeeded" }))).toEqual([409, "ticket_closed"]);
	});

	test("says where to open a follow-up", () => {
		expect(() => run(inStatus("closed"), { type: "reply" })).toThrow(
			expect.objectContaining({
				data: expect.objectContaining({ extra: { followUpUrl: "/api/tickets?followUpOfId=t1" } }),
			}),
		);
	});
});

test("no reply needed ends the wait, once", () => {
	const waiting = inStatus("open", { waitingSince: before });
	expect(run(waiting, { type: "noReplyNeeded" })).toMatchObject({
		next: { waitingSince: null },
		changes: [{ field: "waitingSince", from: before.toISOString(), to: null }],
		events: [{ type: "updated", changed: [{ field: "waitingSince", from: before.toISOString(), to: null }] }],
	});
	expect(run(inStatus("open"), { type: "noReplyNeeded" })).toMatchObject({ changes: [], events: [] });
});

test("changes of fields are told once, with what was and is, and the ticket given stays as it was", () => {
	const ticket = ticketWith({ dueAt: before });
	const copy = structuredClone(ticket);
	const outcome = run(ticket, {
		type: "change",
		patch: { subject: "New", priority: "normal", tags: ["a"], dueAt: now },
	});
	const changed = [
		{ field: "subject", from: "Help", to: "New" },
		{ field: "tags", from: [], to: ["a"] },
		{ field: "dueAt", from: before.toISOString(), to: now.toISOString() },
	];
	expect(outcome).toMatchObject({ changes: changed, events: [{ type: "updated", changed }] });
	expect(ticket).toEqual(copy);
});
