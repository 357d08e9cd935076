import { CalendarDays, type CalendarSpec, type Span, union } from "./calendar-days.ts";
import { BusinessTime } from "./opening-table.ts";

/** A stretch in which the clock stands still, from the instant included to the other, which is not; null: for good. */
export interface Pause {
	from: Date;
	to: Date | null;
	reason?: string;
}

/** A part of a stretch of time, and why it counted as much of it as it did. */
export interface Segment {
	from: Date;
	to: Date;
	/** whole seconds; all segments together make what has elapsed */
	countedSec: number;
	/** `business`, `closed`, `holiday:<name>`, `paused` or `paused:<reason>` */
	why: string;
}

const SECOND = 1000;
/** What is not open within so many years never is. */
const GUARD_YEARS = 10;
/** A calendar made ready for questions. Keep it: what is asked of it again is answered in microseconds. */
export function compileCalendar(calendar: CalendarSpec | "always"): BusinessTime {
	return new BusinessTime(calendar === "always" ? null : new CalendarDays(calendar));
}

/** The stretches between two instants in which no pause is, in order. */
function unpaused(from: number, to: number, pauses: readonly Pause[]): Span[] {
	if (pauses.length === 0) return [[from, to]];
	const stretches: Span[] = [];
	let begin = from;
	for (const [paused, resumed] of union(
		pauses.map((pause) => [pause.from.getTime(), pause.to?.getTime() ?? Infinity]),
	)) {
		if (paused >= to) break;
		if (paused > begin) stretches.push([begin, paused]);
		begin = Math.max(begin, resumed);
	}
	if (begin < to) stretches.push([begin, to]);
	return stretches;
}

/** So many years after an instant, ms. */
function yearsAfter(at: number, years: number): number {
	return new Date(at).setUTCFullYear(new Date(at).getUTCFullYear() + years);
}

/** The business time between two instants that is in no pause, in whole seconds; 0 where the end is not after the start. */
export function elapsed(bt: BusinessTime, start: Date, end: Date, pauses: readonly Pause[] = []): number {
	let sum = 0;
	for (const [from, to] of unpaused(start.getTime(), end.getTime(), pauses)) sum += bt.open(from, to);
	return Math.floor(sum / SECOND);
}

/**
 * The first instant by which so many seconds of business time have elapsed since the start, pauses left out: at closing
 * time where they are used up then. The start itself for none. Null where they have not within ten years.
 */
export function due(bt: BusinessTime, start: Date, seconds: number, pauses: readonly Pause[] = []): Date | null {
	if (seconds <= 0) return start;
	let left = seconds * SECOND;
	for (const [from, to] of unpaused(start.getTime(), yearsAfter(start.getTime(), GUARD_YEARS), pauses)) {
		const at = bt.reach(from, left, to);
		if (at !== null) return new Date(at);
		left -= bt.open(from, to);
	}
	return null;
}

/**
 * The last instant from which so many seconds of business time elapse until the end, pauses left out. The end itself for
 * none. Null where they do not within ten years.
 */
export function before(bt: BusinessTime, end: Date, seconds: number, pauses: readonly Pause[] = []): Date | null {
	if (seconds <= 0) return end;
	let left = seconds * SECOND;
	for (const [from, to] of unpaused(yearsAfter(end.getTime(), -GUARD_YEARS), end.getTime(), pauses).reverse()) {
		const at = bt.reachBack(to, left, from);
		if (at !== null) return new Date(at);
		left -= bt.open(from, to);
	}
	return null;
}

/** The first instant that is not before another at which the calendar is open; null where it is closed for ten years. */
export function nextOpening(bt: BusinessTime, at: Date): Date | null {
	const open = bt.firstOpen(at.getTime(), yearsAfter(at.getTime(), GUARD_YEARS));
	return open === null ? null : new Date(open);
}

/** A span of time that has a name, and whether it counts. */
interface Named {
	span: Span;
	why: string;
	counts: boolean;
}

/** What the parts of a stretch are called, those first that tell more: a pause, business hours, a holiday. */
function layersOf(bt: BusinessTime, from: number, to: number, pauses: readonly Pause[]): Named[][] {
	const paused = pauses.map(({ from, to, reason }): Named => {
		const span: Span = [from.getTime(), to?.getTime() ?? Infinity];
		return { span, why: reason ? `paused:${reason}` : "paused", counts: false };
	});
	return [
		paused.sort((a, b) => a.span[0] - b.span[0]),
		bt.openings(from, to).map((span) => ({ span, why: "business", counts: true })),
		bt.holidays(from, to).map(({ name, span }) => ({ span, why: `holiday:${name}`, counts: false })),
	];
}

/** Why a stretch of time counted as it did, in parts that follow each other without a gap. */
export function segments(bt: BusinessTime, from: Date, to: Date, pauses: readonly Pause[] = []): Segment[] {
	const end = to.getTime();
	const layers = layersOf(bt, from.getTime(), end, pauses);
	const found: Segment[] = [];
	let counted = 0;
	for (let at = from.getTime(); at < end; ) {
		let [why, counts, next] = ["closed", false, end];
		for (const layer of layers) {
			while (layer[0] && layer[0].span[1] <= at) layer.shift();
			const first = layer[0];
			if (!first) continue;
			next = Math.min(next, first.span[first.span[0] > at ? 0 : 1]);
			if (first.span[0] > at) continue;
			({ why, counts } = first);
			break;
		}
		// What is left of a second at the end of one part counts with the next: all parts make what has elapsed.
		const sum = counts ? counted + next - at : counted;
		const countedSec = Math.floor(sum / SECOND) - Math.floor(counted / SECOND);
		counted = sum;
		const last = found.at(-1);
		if (last?.why === why) {
			last.to = new Date(next);
			last.countedSec += countedSec;
		} else found.push({ from: new Date(at), to: new Date(next), countedSec, why });
		at = next;
	}
	return found;
}
