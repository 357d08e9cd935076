import type { CalendarDays, Holiday, Span } from "./calendar-days.ts";

const DAY = 86_400_000;
/** No calendar is open outside these: what is so far from today is not worth the work. */
const EARLIEST = Date.UTC(1900, 0, 1);
const LATEST = Date.UTC(2200, 0, 1);
/** How far beyond what is asked for the table of a calendar is made at least, ms. */
const BLOCK = 182 * DAY;
/** Stands for the beginning and the end of time, ms; the sum of both is still exact. */
const ALWAYS = 4e15;

const covered = (at: number) => Math.min(Math.max(at, EARLIEST), LATEST);

/** The place of the last number in an ascending list that is less than another; -1 where there is none. */
function lastBelow(list: readonly number[], value: number): number {
	let low = -1;
	let high = list.length - 1;
	while (low < high) {
		const middle = (low + high + 1) >> 1;
		if ((list[middle] as number) < value) low = middle;
		else high = middle - 1;
	}
	return low;
}

/**
 * When a calendar is open, as a table of instants that grows where it is asked about, so that each boundary is found
 * once and a question takes a few searches. All numbers are ms.
 */
export class BusinessTime {
	readonly #days: CalendarDays | null;
	/** the open spans, and how much was open before each */
	#begins: number[] = [];
	#ends: number[] = [];
	#before: number[] = [];
	/** what the table covers */
	#from = Infinity;
	#to = -Infinity;

	/** Open as a calendar is, or without end where there is none. */
	constructor(days: CalendarDays | null) {
		this.#days = days;
		if (days) return;
		[this.#from, this.#to] = [-ALWAYS, ALWAYS];
		this.#fill([[-ALWAYS, ALWAYS]]);
	}

	/** How much of the time between two instants is open. */
	open(from: number, to: number): number {
		if (to <= from) return 0;
		this.#cover(from, to);
		return this.#until(to) - this.#until(from);
	}

	/** The first instant by which so much was open since another, if that is not after a limit; else null. */
	reach(from: number, length: number, limit: number): number | null {
		this.#cover(from, from);
		for (;;) {
			const sum = this.#until(from) + length;
			if (sum <= this.#until(Math.min(limit, this.#to))) {
				const index = lastBelow(this.#before, sum);
				return this.#begin(index) + sum - (this.#before[index] as number);
			}
			if (this.#to >= Math.min(limit, LATEST)) return null;
			this.#cover(from, this.#to + 1);
		}
	}

	/** The last instant since which so much was open until another, if that is not before a limit; else null. */
	reachBack(to: number, length: number, limit: number): number | null {
		this.#cover(to, to);
		for (;;) {
			const sum = this.#until(to) - length;
			if (sum >= this.#until(Math.max(limit, this.#from))) {
				const index = lastBelow(this.#before, sum + 0.5);
				return this.#begin(index) + sum - (this.#before[index] as number);
			}
			if (this.#from <= Math.max(limit, EARLIEST)) return null;
			this.#cover(this.#from - 1, to);
		}
	}

	/** The first open instant that is not before another, nor after a limit; else null. */
	firstOpen(from: number, limit: number): number | null {
		// The first instant by which a millisecond was open lies one after it.
		const at = this.reach(from, 1, limit + 1);
		return at === null ? null : at - 1;
	}

	/** The open spans within a stretch, in order. */
	openings(from: number, to: number): Span[] {
		const spans: Span[] = [];
		if (to > from) this.#cover(from, to);
		for (let index = Math.max(0, lastBelow(this.#begins, from)); index < this.#begins.length; index++) {
			if (this.#begin(index) >= to) break;
			const span: Span = [Math.max(from, this.#begin(index)), Math.min(to, this.#ends[index] as number)];
			if (span[0] < span[1]) spans.push(span);
		}
		return spans;
	}

	/** The holidays within a stretch, in order. */
	holidays(from: number, to: number): Holiday[] {
		return this.#days?.holidays(covered(from), covered(to)) ?? [];
	}

	/** How much was open from the beginning of the table until an instant that it covers. */
	#until(at: number): number {
		const index = lastBelow(this.#begins, at);
		if (index < 0) return 0;
		return (this.#before[index] as number) + Math.min(at, this.#ends[index] as number) - this.#begin(index);
	}

	#begin(index: number): number {
		return this.#begins[index] as number;
	}

	/** Makes the table reach from one instant to another, as far as there is anything. */
	#cover(from: number, to: number): void {
		const [first, last] = [covered(from), covered(to)];
		if (!this.#days || (first >= this.#from && last <= this.#to)) return;
		// Half as long again, so that it is not made anew too often however far it grows.
		const more = Math.max(BLOCK, (this.#to - this.#from) / 2);
		if (first < this.#from) this.#from = first - more;
		if (last > this.#to) this.#to = last + more;
		this.#fill(this.#days.openings(this.#from, this.#to));
	}

	#fill(spans: readonly Span[]): void {
		this.#begins = spans.map(([begin]) => begin);
		this.#ends = spans.map(([, end]) => end);
		this.#before = [];
		let sum = 0;
		for (const [begin, end] of spans) {
			this.#before.push(sum);
			sum += end - begin;
		}
	}
}
