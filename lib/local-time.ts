import { LRUCache } from "lru-cache";

const SECOND = 1000;
const DAY = 86_400_000;
/**
 * How far apart the offset is looked at, ms. No zone has ever had two changes of its clock within a week that cancel
 * each other out: the closest pair of the tz database, Honolulu's of 1933, is three weeks apart.
 */
const STEP = 7 * DAY;
/** What is looked at beyond the moments asked for, ms: offsets are less than a day, and a zone may skip a whole one. */
const MARGIN = 3 * DAY;
/** What is looked at together, ms, so that the next question needs nothing more. */
const BLOCK = 52 * STEP;

const OFFSET = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/;

/** The local clock of one time zone: its offsets from UTC, found where they change and kept. All numbers are ms. */
export class LocalTime {
	readonly #format: Intl.DateTimeFormat;
	/** where each offset begins to hold; the first one's beginning is that of what is known */
	readonly #begins: number[] = [];
	readonly #offsets: number[] = [];
	/** until when the offsets are known */
	#known = 0;

	/** @throws RangeError where there is no such zone */
	constructor(timeZone: string) {
		this.#format = new Intl.DateTimeFormat("en-US", { timeZone, timeZoneName: "longOffset" });
	}

	/**
	 * The instant at which the zone's clock shows a local time, given as ms since 1970-01-01T00:00 of that clock. By the
	 * rule that Temporal calls `compatible`: a time that a change of the clock skips is as much later as was skipped, and
	 * of one that comes twice the first is meant.
	 */
	instantOf(local: number): number {
		this.#cover(local - MARGIN, local + MARGIN);
		let index = this.#indexAt(local - MARGIN);
		// The first offset whose reign is not over by then; where that has not begun yet, the local time was skipped.
		while (index + 1 < this.#begins.length && local - this.#offset(index) >= this.#begin(index + 1)) index++;
		const instant = local - this.#offset(index);
		return instant < this.#begin(index) ? local - this.#offset(index - 1) : instant;
	}

	#begin(index: number): number {
		return this.#begins[index] as number;
	}

	#offset(index: number): number {
		return this.#offsets[index] as number;
	}

	/** The place of the offset that holds at an instant. */
	#indexAt(instant: number): number {
		let low = 0;
		let high = this.#begins.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (this.#begin(middle) <= instant) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	#cover(from: number, to: number): void {
		const first = this.#begins[0];
		if (first !== undefined && from >= first && to <= this.#known) return;
		const begin = Math.floor(from / BLOCK) * BLOCK;
		const end = Math.ceil(to / BLOCK) * BLOCK;
		if (first === undefined) {
			this.#begins.push(begin);
			this.#offsets.push(this.#look(begin));
			this.#known = begin;
		} else if (begin < first) {
			const before = this.#look(begin);
			const changes = this.#walk(begin, before, first);
			// The first offset known held before what was known already, unless the clock was changed at that very moment.
			const joins = changes.length === 0 ? before === this.#offset(0) : changes.at(-1)?.offset === this.#offset(0);
			if (joins) {
				this.#begins.shift();
				this.#offsets.shift();
			}
			this.#begins.unshift(begin, ...changes.map(({ at }) => at));
			this.#offsets.unshift(before, ...changes.map(({ offset }) => offset));
		}
		if (end > this.#known) {
			for (const { at, offset } of this.#walk(this.#known, this.#offsets.at(-1) as number, end)) {
				this.#begins.push(at);
				this.#offsets.push(offset);
			}
			this.#known = end;
		}
	}

	/** The changes of the clock after one instant, at which the offset is known, until another, that included. */
	#walk(from: number, offset: number, to: number): { at: number; offset: number }[] {
		const found: { at: number; offset: number }[] = [];
		let before = offset;
		for (let at = from; at < to; at += STEP) {
			const end = Math.min(at + STEP, to);
			const after = this.#look(end);
			this.#narrow(at, before, end, after, found);
			before = after;
		}
		return found;
	}

	#narrow(from: number, before: number, to: number, after: number, found: { at: number; offset: number }[]): void {
		if (before === after) return;
		if (to - from <= SECOND) {
			found.push({ at: to, offset: after });
			return;
		}
		const middle = from + Math.floor((to - from) / 2 / SECOND) * SECOND;
		const between = this.#look(middle);
		this.#narrow(from, before, middle, between, found);
		this.#narrow(middle, between, to, after, found);
	}

	/** The offset at an instant, as the platform's time zone data have it. */
	#look(instant: number): number {
		const [, sign, hours, minutes, seconds = 0] = OFFSET.exec(this.#format.format(instant)) ?? [];
		if (sign === undefined) return 0;
		const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * SECOND;
		return sign === "-" ? -offset : offset;
	}
}

/** By name in lower case: more than are in use at a time. */
const zones = new LRUCache<string, LocalTime>({ max: 200 });

/** The local clock of a time zone, the same one for all who ask. @throws RangeError where there is no such zone */
export function localTimeIn(timeZone: string): LocalTime {
	const key = timeZone.toLowerCase();
	const known = zones.get(key);
	if (known) return known;
	const zone = new LocalTime(timeZone);
	zones.set(key, zone);
	return zone;
}
