import fc from "fast-check";
import type { DomainEvent } from "../../lib/event-log.ts";
import { applyTicketEvent } from "../../services/dashboard/projection/ticket-facts.ts";
import { created, type Snapshot, T0 } from "./story.ts";

/* What holds of the facts of a ticket whatever happened to it. */

describe("any story", () => {
	const change = fc.record(
		{
			status: fc.constantFrom("open", "pending", "on_hold", "solved"),
			priority: fc.constantFrom("low", "normal", "urgent"),
			groupId: fc.constantFrom("g1", "g2", null),
			assigneeId: fc.constantFrom("a1", "a2", null),
		},
		{ requiredKeys: [] },
	);
	const steps = fc.array(fc.tuple(fc.integer({ min: -50, max: 300 }), change), { maxLength: 30 });

	const tell = (given: [number, Partial<Snapshot>][]) => {
		const story = created();
		for (const [minutes, next] of given) {
			const before = story.now.status;
			const solves = next.status === "solved" && before !== "solved";
			const reopens = before === "solved" && next.status !== undefined && next.status !== "solved";
			const done: [string][] = solves ? [["ticket.solved"]] : reopens ? [["ticket.reopened"]] : [];
			story.step(minutes, next, ["ticket.updated"], ...done);
		}
		return story;
	};

	test("has intervals without gap or overlap from creation on, each of some length and unlike its neighbour", () => {
		fc.assert(
			fc.property(steps, (given) => {
				const { now_, now } = tell(given as never);
				const { intervals } = now_;
				expect(intervals[0]?.from).toBe(T0);
				expect(intervals.at(-1)).toMatchObject({ ...now, to: null });
				for (const [index, { from, to }] of intervals.entries()) {
					const next = intervals[index + 1];
					if (!next) continue;
					expect(to).toBe(next.from);
					expect(next.from).toBeGreaterThan(from);
					const { status, priority, groupId, assigneeId } = intervals[index] as never;
					expect({ ...next, from: 0, to: 0 }).not.toEqual({ status, priority, groupId, assigneeId, from: 0, to: 0 });
				}
				const length = intervals.reduce((sum, { from, to }) => sum + ((to ?? T0 + 1e9) - from), 0);
				expect(length).toBe(1e9);
			}),
			{ seed: 9, numRuns: 300 },
		);
	});

	test("has one solve for each time it was solved, of which at most the last one stands", () => {
		fc.assert(
			fc.property(steps, (given) => {
				const { now_, events } = tell(given as never);
				expect(now_.solves).toHaveLength(events.filter(({ type }) => type === "ticket.solved").length);
				expect(now_.solves.slice(0, -1).every(({ reopenedAt }) => reopenedAt !== null)).toBe(true);
				expect(now_.solves.at(-1)?.reopenedAt === null).toBe(now_.status === "solved");
			}),
			{ seed: 10, numRuns: 300 },
		);
	});

	test("is the same when events are told again", () => {
		fc.assert(
			fc.property(steps, fc.nat(100), (given, which) => {
				const { now_, events } = tell(given as never);
				const again = events[which % events.length] as DomainEvent;
				expect(applyTicketEvent(now_, again)).toEqual(now_);
			}),
			{ seed: 11, numRuns: 300 },
		);
	});
});
