import fc from "fast-check";
import { bucketsOf, GRANULARITIES, previousOf, rangeOf, zoneOf } from "../../services/dashboard/numbers/calendar.ts";
import { durationsOf } from "../../services/dashboard/numbers/percentiles.ts";

const at = (text: string) => Date.parse(text);
const iso = (ms: number) => new Date(ms).toISOString();
const HOUR = 3_600_000;

test.each([
	["the day the clock is put forward", "Europe/Berlin", "2026-03-28", "2026-03-31", [24, 23, 24]],
	["the day the clock is put back", "Europe/Berlin", "2026-10-24", "2026-10-27", [24, 25, 24]],
	["by half an hour", "Australia/Lord_Howe", "2026-04-04", "2026-04-07", [24, 24.5, 24]],
	["a day without midnight", "America/Sao_Paulo", "2018-11-03", "2018-11-06", [24, 23, 24]],
	["a day that never was", "Pacific/Apia", "2011-12-29", "2012-01-01", [24, 24]],
	["a quarter of an hour off", "Asia/Kathmandu", "2026-01-01", "2026-01-03", [24, 24]],
])("days: %s", (_what, zone, from, to, hours) => {
	const buckets = bucketsOf(rangeOf({ from, to }, 0, zone), "day", zone);
	expect(buckets.map((bucket) => (bucket.to - bucket.from) / HOUR)).toEqual(hours);
});

test("hours go on over a change of the clock, also by half of one", () => {
	const starts = (from: string, to: string, zone: string) =>
		bucketsOf({ from: at(from), to: at(to) }, "hour", zone).map(({ start }) => start);
	expect(starts("2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z", "Europe/Berlin")).toEqual([
		"2026-10-25T02:00:00+02:00",
		"2026-10-25T02:00:00+01:00",
		"2026-10-25T03:00:00+01:00",
	]);
	expect(starts("2026-04-04T14:30:00Z", "2026-04-04T16:30:00Z", "Australia/Lord_Howe")).toEqual([
		"2026-04-05T01:00:00+11:00",
		"2026-04-05T01:30:00+10:30",
		"2026-04-05T02:00:00+10:30",
	]);
	// Put back and forward by a whole hour at a quarter to: in the middle of one.
	expect(starts("2026-04-04T12:15:00Z", "2026-04-04T15:15:00Z", "Pacific/Chatham")).toEqual([
		"2026-04-05T02:00:00+13:45",
		"2026-04-05T03:00:00+13:45",
		"2026-04-05T02:45:00+12:45",
		"2026-04-05T03:00:00+12:45",
	]);
	expect(starts("2026-09-26T13:15:00Z", "2026-09-26T15:15:00Z", "Pacific/Chatham")).toEqual([
		"2026-09-27T02:00:00+12:45",
		"2026-09-27T03:45:00+13:45",
		"2026-09-27T04:00:00+13:45",
	]);
});

test("weeks begin on Monday, months on the first; the first and last are cut off", () => {
	const range = { from: at("2026-01-01T12:00:00Z"), to: at("2026-02-02T06:00:00Z") };
	const weeks = bucketsOf(range, "week", "UTC");
	expect(weeks.map(({ start }) => start.slice(0, 10))).toEqual([
		"2025-12-29",
		"2026-01-05",
		"2026-01-12",
		"2026-01-19",
		"2026-01-26",
		"2026-02-02",
	]);
	expect([iso(weeks[0]?.from ?? 0), iso(weeks.at(-1)?.to ?? 0)]).toEqual([iso(range.from), iso(range.to)]);
	expect(bucketsOf(range, "month", "UTC").map(({ start }) => start.slice(0, 10))).toEqual(["2026-01-01", "2026-02-01"]);
});

test("buckets cover the range without gap, whatever it is", () => {
	const zones = ["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/St_Johns", "Pacific/Apia", "Pacific/Chatham"];
	const asked = fc.record({
		from: fc.integer({ min: at("2009-01-01"), max: at("2030-01-01") }),
		length: fc.integer({ min: 1, max: 20 * 24 * HOUR }),
		granularity: fc.constantFrom(...GRANULARITIES),
		zone: fc.constantFrom(...zones),
	});
	fc.assert(
		fc.property(asked, ({ from, length, granularity, zone }) => {
			const buckets = bucketsOf({ from, to: from + length }, granularity, zone);
			expect(buckets[0]?.from).toBe(from);
			expect(buckets.at(-1)?.to).toBe(from + length);
			for (const [index, bucket] of buckets.entries()) {
				expect(bucket.to).toBeGreaterThan(bucket.from);
				const after = buckets[index + 1];
				if (after) expect([after.from, at(after.start)]).toEqual([bucket.to, bucket.to]);
				expect(at(bucket.start)).toBeLessThanOrEqual(bucket.from);
			}
		}),
		{ seed: 3, numRuns: 200 },
	);
});

test("ranges: dates are local days, what is not said is the last seven", () => {
	const now = at("2026-03-30T22:30:00Z");
	expect(rangeOf({}, now, "Europe/Berlin")).toEqual({
		from: at("2026-03-24T23:00:00Z"),
		to: at("2026-03-31T22:00:00Z"),
	});
	expect(iso(rangeOf({ from: "2026-03-29" }, now, "Asia/Kolkata").from)).toBe("2026-03-28T18:30:00.000Z");
	expect(iso(rangeOf({ to: "2026-03-29" }, now, "UTC").from)).toBe("2026-03-22T00:00:00.000Z");
	expect(iso(rangeOf({ from: "2026-03-29T01:00:00 02:00" }, now, "UTC").from)).toBe("2026-03-28T23:00:00.000Z");
	expect(previousOf({ from: 100, to: 130 })).toEqual({ from: 70, to: 100 });
	for (const wrong of [
		"",
		"2026-13-01",
		"2026-02-30",
		"2026-02-30T10:00:00Z",
		"2026-03-29T25:00:00Z",
		"2026-03-29T10:00:00",
		"now",
		"1e9",
	])
		expect(() => rangeOf({ from: wrong }, now, "UTC")).toThrow(expect.objectContaining({ code: 400 }));
	expect(() => rangeOf({ from: "2026-04-02" }, now, "UTC")).toThrow(expect.objectContaining({ code: 422 }));
	expect(zoneOf(undefined, "Asia/Tokyo")).toBe("Asia/Tokyo");
	expect(() => zoneOf("+02:00", "UTC")).toThrow(expect.objectContaining({ code: 422 }));
	expect(() => bucketsOf({ from: 0, to: 5000 * HOUR }, "hour", "UTC")).toThrow(expect.objectContaining({ code: 422 }));
});

test("percentiles lie between the closest ranks; nothing has none", () => {
	expect(durationsOf([15, 20, 35, 40, 50])).toEqual({ count: 5, avgSec: 32, medianSec: 35, p90Sec: 46, p95Sec: 48 });
	expect(durationsOf([4, 1])).toMatchObject({ medianSec: 2.5, p90Sec: 3.7 });
	expect(durationsOf([9])).toEqual({ count: 1, avgSec: 9, medianSec: 9, p90Sec: 9, p95Sec: 9 });
	expect(durationsOf([])).toEqual({ count: 0, avgSec: null, medianSec: null, p90Sec: null, p95Sec: null });
});
