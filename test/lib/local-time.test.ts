import fc from "fast-check";
import { Temporal } from "temporal-polyfill";
import { LocalTime } from "../../lib/local-time.ts";

const ZONES = Intl.supportedValuesOf("timeZone");

/** What Temporal makes of a local time. */
const compatible = (local: number, timeZone: string) =>
	Temporal.Instant.fromEpochMilliseconds(local)
		.toZonedDateTimeISO("UTC")
		.toPlainDateTime()
		.toZonedDateTime(timeZone, { disambiguation: "compatible" }).epochMilliseconds;

test("local times are the instants that Temporal makes of them, in every zone and around changes of its clock", () => {
	fc.assert(
		fc.property(
			fc.constantFrom(...ZONES),
			fc.date({ min: new Date("1915-01-01"), max: new Date("2085-01-01"), noInvalidDate: true }),
			fc.array(fc.integer({ min: -26 * 60, max: 26 * 60 }), { minLength: 3, maxLength: 3 }),
			(timeZone, date, minutes) => {
				const from = Temporal.Instant.fromEpochMilliseconds(date.getTime()).toZonedDateTimeISO(timeZone);
				const change = from.getTimeZoneTransition("next") ?? from;
				const zone = new LocalTime(timeZone);
				for (const offset of minutes) {
					const local = Math.floor(change.epochMilliseconds / 60_000) * 60_000 + offset * 60_000;
					expect([timeZone, local, zone.instantOf(local)]).toEqual([timeZone, local, compatible(local, timeZone)]);
				}
			},
		),
		{ seed: 7, numRuns: 200 },
	);
});

test("the order of questions does not matter: what is known grows to both sides", () => {
	const zone = new LocalTime("Europe/Berlin");
	const days = [2026, 1996, 2060, 1980, 2026, 1912, 2090, 2040].map((year) => Date.UTC(year, 6, 1, 12));
	for (const local of days) expect(zone.instantOf(local)).toBe(compatible(local, "Europe/Berlin"));
});

test("there are no other zones", () => {
	expect(() => new LocalTime("Europe/Atlantis")).toThrow(RangeError);
});
