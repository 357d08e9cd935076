import fc from "fast-check";
import { STATUS_ORDER, type Ticket, type TicketStatus } from "../../models/ticket.ts";
import {
	apply,
	type LifecycleActor,
	type LifecycleCommand,
	type LifecycleEvent,
} from "../../services/tickets/lifecycle.ts";
import { ticketWith } from "./ticket.ts";

/*
 * Random lives of a ticket against laws that hold whatever was done to it. The model knows nothing of how the lifecycle
 * works: it only remembers what was said and what was announced.
 */

const SEED = 20_260_201;

const actors: Record<string, LifecycleActor> = {
	ann: { kind: "agent", id: "ann", assignable: true, groupIds: ["g1"] },
	bob: { kind: "agent", id: "bob", assignable: true, groupIds: ["g2"] },
	token: { kind: "agent", id: "token", assignable: false, groupIds: [] },
	cora: { kind: "customer", id: "cora", assignable: false, groupIds: [] },
};

const status = fc.constantFrom<TicketStatus>(...STATUS_ORDER);
const patch = fc.record(
	{
		status,
		assigneeId: fc.constantFrom("ann", "bob", null),
		groupId: fc.constantFrom("g1", "g2", null),
		priority: fc.constantFrom("low" as const, "urgent" as const),
		tags: fc.constantFrom<string[]>(["a"], ["a", "b"], []),
		subject: fc.constantFrom("One", "Two"),
	},
	{ requiredKeys: [] },
);
const staffCommand: fc.Arbitrary<LifecycleCommand> = fc.oneof(
	patch.map((fields): LifecycleCommand => ({ type: "change", patch: fields })),
	fc
		.option(status, { nil: undefined })
		.map((to): LifecycleCommand => ({ type: "reply", ...(to ? { status: to } : {}) })),
	fc.constant<LifecycleCommand>({ type: "note" }),
	fc.constant<LifecycleCommand>({ type: "noReplyNeeded" }),
);
const step = fc.oneof(
	fc.tuple(fc.constantFrom("ann", "bob", "token"), staffCommand, fc.nat(5000)),
	fc.tuple(
		fc.constant("cora"),
		fc.constantFrom<LifecycleCommand>({ type: "reply" }, { type: "reply", status: "solved" }),
		fc.nat(5000),
	),
);

function checkLaws(
	before: Ticket,
	after: Ticket,
	events: LifecycleEvent[],
	command: LifecycleCommand,
	who: string,
): void {
	const done = after.status === "solved" || after.status === "closed";
	expect(after.solvedAt !== null).toBe(done);
	expect(after.closedAt !== null).toBe(after.status === "closed");
	if (done) expect(after.waitingSince).toBeNull();
	if (before.status !== "new") expect(after.status).not.toBe("new");
	if (before.status === "closed") expect({ ...after, tags: null }).toEqual({ ...before, tags: null });
	if (before.firstSolvedAt) expect(after.firstSolvedAt).toEqual(before.firstSolvedAt);
	if (before.firstRespondedAt) expect(after.firstRespondedAt).toEqual(before.firstRespondedAt);
	expect((after.assigneeId === null) === (after.assignedAt === null)).toBe(true);

	// What is announced, replayed, leads from the one to the other.
	let [told, assignee, reopened] = [before.status, before.assigneeId, before.reopenCount];
	for (const event of events) {
		if (event.type === "statusChanged") {
			expect([event.from, event.from !== event.to]).toEqual([told, true]);
			told = event.to;
		}
		if (event.type === "assigned" || event.type === "unassigned") {
			expect(event.from).toBe(assignee);
			assignee = event.to;
		}
		if (event.type === "reopened") reopened += 1;
	}
	expect([told, assignee, reopened]).toEqual([after.status, after.assigneeId, after.reopenCount]);

	if (command.type === "note") expect(after).toEqual(before);
	const customerSpoke = who === "cora" && command.type === "reply" && command.status === undefined;
	if (customerSpoke) expect(after.waitingSince).toEqual(before.waitingSince ?? after.lastCustomerMessageAt);
	if (command.type === "reply" && who !== "cora") expect(after.waitingSince).toBeNull();
}

test("whatever is done to a ticket, in whatever order, the laws of its life hold", () => {
	const counts: Record<string, number> = {};
	fc.assert(
		fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), (steps) => {
			let ticket = ticketWith();
			let time = Date.parse("2026-02-01T00:00:00.000Z");
			for (const [who, command, seconds] of steps) {
				time += seconds * 1000;
				const actor = actors[who] as LifecycleActor;
				const frozen = structuredClone(ticket);
				try {
					const outcome = apply(ticket, command, {
						now: new Date(time),
						actor,
						settings: { requireAssigneeToSolve: true },
					});
					expect(ticket).toEqual(frozen);
					checkLaws(ticket, outcome.next, outcome.events, command, who);
					ticket = outcome.next;
					counts[ticket.status] = (counts[ticket.status] ?? 0) + 1;
				} catch (error) {
					const { type } = error as { type?: string };
					if (!["ticket_closed", "invalid_transition", "assignee_required"].includes(type ?? "")) throw error;
					counts[type ?? ""] = (counts[type ?? ""] ?? 0) + 1;
				}
			}
		}),
		{ seed: SEED, numRuns: 500 },
	);
	// The lives were varied: every status was reached and every refusal met.
	for (const name of [...STATUS_ORDER, "ticket_closed", "invalid_transition", "assignee_required"])
		expect([name, (counts[name] ?? 0) > 5]).toEqual([name, true]);
});
