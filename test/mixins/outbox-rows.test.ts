import fc from "fast-check";
import { inPublishingOrder } from "../../mixins/outbox-rows.ts";

const row = fc.record({
	_id: fc.uuid({ version: 7 }),
	tenantId: fc.constantFrom("a", "b"),
	subject: fc.constantFrom("ticket/1", "ticket/2", "ticket/3"),
	sequence: fc.integer({ min: 1, max: 6 }),
});
const rows = fc.uniqueArray(row, { selector: ({ _id }) => _id, maxLength: 40 });
const SEED = { seed: 20250115 };

test("a subject's rows are published by sequence, then by id, whatever their ids say of the time", () => {
	fc.assert(
		fc.property(rows, (given) => {
			const ordered = inPublishingOrder(given);
			expect([...ordered].sort((x, y) => (x._id < y._id ? -1 : 1))).toEqual(
				[...given].sort((x, y) => (x._id < y._id ? -1 : 1)),
			);
			for (const [, own] of Map.groupBy(ordered, (one) => `${one.tenantId} ${one.subject}`))
				for (const [index, after] of own.slice(1).entries()) {
					const before = own[index] as (typeof own)[number];
					expect(
						before.sequence < after.sequence || (before.sequence === after.sequence && before._id < after._id),
					).toBe(true);
				}
		}),
		SEED,
	);
});

test("rows of different subjects keep the order of their ids where the subjects allow it", () => {
	fc.assert(
		fc.property(rows, (given) => {
			// Clocks that agree: ids grow with the sequence.
			const agreeing = given.map((one, index) => ({
				...one,
				_id: `${one.sequence}-${String(index).padStart(3, "0")}`,
			}));
			const ids = inPublishingOrder(agreeing).map(({ _id }) => _id);
			expect(ids).toEqual([...ids].sort());
		}),
		SEED,
	);
});
