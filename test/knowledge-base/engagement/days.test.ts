import fc from "fast-check";
import { addDays, dayOf, daysAsked, leavesAt } from "../../../services/knowledge-base/engagement/days.ts";

const now = new Date("2025-03-10T12:00:00.000Z");
const problem = (work: () => unknown) => {
	try {
		work();
	} catch (error) {
		return (error as { code: number }).code;
	}
	throw new Error("was not refused");
};

test.each([
	["2025-01-01T00:30:00Z", "UTC", "2025-01-01"],
	["2025-01-01T00:30:00Z", "America/New_York", "2024-12-31"],
	["2025-01-01T11:30:00Z", "Pacific/Auckland", "2025-01-02"],
	["2025-03-30T00:59:59Z", "Europe/Berlin", "2025-03-30"],
	["2025-03-29T23:00:00Z", "Europe/Berlin", "2025-03-30"],
	["2025-10-26T22:59:59Z", "Europe/Berlin", "2025-10-26"],
])("%s in %s is %s", (at, zone, day) => {
	expect(dayOf(new Date(at), zone)).toBe(day);
});

test("days are counted by the calendar", () => {
	expect(addDays("2024-02-28", 1)).toBe("2024-02-29");
	expect(addDays("2025-02-28", 1)).toBe("2025-03-01");
	expect(addDays("2025-01-01", -1)).toBe("2024-12-31");
	expect(leavesAt("2025-01-15").toISOString()).toBe("2025-02-14T00:00:00.000Z");
	fc.assert(
		fc.property(fc.integer({ min: -2000, max: 2000 }), (days) => {
			expect(addDays(addDays("2025-06-15", days), -days)).toBe("2025-06-15");
		}),
		{ seed: 7 },
	);
});

describe("the days asked for", () => {
	test("are the last thirty as far as today in the tenant's zone", () => {
		expect(daysAsked({}, "UTC", now)).toEqual({ from: "2025-02-09", to: "2025-03-10" });
		expect(daysAsked({}, "Pacific/Auckland", now)).toEqual({ from: "2025-02-10", to: "2025-03-11" });
		expect(daysAsked({ to: "2025-01-31" }, "UTC", now)).toEqual({ from: "2025-01-02", to: "2025-01-31" });
		expect(daysAsked({ from: "2025-03-10" }, "UTC", now)).toEqual({ from: "2025-03-10", to: "2025-03-10" });
	});

	test("may be named by instants; the last day is one that the range reaches into", () => {
		const asked = { from: "2025-01-01T00:00:00.000Z", to: "2025-02-01T00:00:00.000Z" };
		expect(daysAsked(asked, "UTC", now)).toEqual({ from: "2025-01-01", to: "2025-01-31" });
		expect(daysAsked(asked, "Europe/Berlin", now)).toEqual({ from: "2025-01-01", to: "2025-02-01" });
		expect(daysAsked({ ...asked, to: "2025-02-01T00:00:01+01:00" }, "Europe/Berlin", now).to).toBe("2025-02-01");
	});

	test.each(["yesterday", "2025-02-30", "2025-13-01", "20250101", "2025-01-01T25:00:00Z", "2025-01-01 10:00", "0"])(
		"%s is no day",
		(from) => {
			expect(problem(() => daysAsked({ from }, "UTC", now))).toBe(400);
		},
	);

	test("end after they begin and are a year at most", () => {
		expect(problem(() => daysAsked({ from: "2025-02-02", to: "2025-02-01" }, "UTC", now))).toBe(422);
		expect(problem(() => daysAsked({ from: "2024-01-01", to: "2025-01-01" }, "UTC", now))).toBe(422);
		expect(daysAsked({ from: "2024-01-01", to: "2024-12-31" }, "UTC", now).from).toBe("2024-01-01");
	});
});
