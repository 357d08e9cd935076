import { CUSTOMER_STATUSES } from "../../contracts/customers-events.ts";
import type { Problem } from "../../lib/problem.ts";
import { checkTransition, isRestorable, mayBecome, RESTORE_MS } from "../../services/customers/lifecycle.ts";

const ALLOWED = new Set([
	"lead active",
	"lead blocked",
	"active inactive",
	"active blocked",
	"inactive active",
	"inactive blocked",
	"blocked active",
]);

const pairs = CUSTOMER_STATUSES.flatMap((from) => CUSTOMER_STATUSES.map((to) => [from, to] as const));

test.each(pairs)("%s to %s", (from, to) => {
	const allowed = from === to || ALLOWED.has(`${from} ${to}`);
	expect(mayBecome(from, to)).toBe(allowed);
	if (allowed) return checkTransition(from, to);
	expect(() => checkTransition(from, to)).toThrow(
		expect.objectContaining<Partial<Problem>>({ code: 409, type: "invalid_transition" }),
	);
});

test("a deletion can be undone for 30 days, to the millisecond", () => {
	const deletedAt = new Date("2026-01-01T00:00:00.000Z");
	const after = (ms: number) => new Date(deletedAt.getTime() + ms);
	expect(RESTORE_MS).toBe(30 * 86_400_000);
	expect(isRestorable(deletedAt, after(0))).toBe(true);
	expect(isRestorable(deletedAt, after(RESTORE_MS))).toBe(true);
	expect(isRestorable(deletedAt, after(RESTORE_MS + 1))).toBe(false);
	expect(isRestorable(null, after(0))).toBe(false);
});
