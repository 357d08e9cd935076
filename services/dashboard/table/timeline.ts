/** Rows in order of their instants. */
interface Run {
	at: Float64Array;
	row: Int32Array;
}

const EMPTY: Run = { at: new Float64Array(0), row: new Int32Array(0) };

/** The first place in a sorted run whose instant is not before `at`. */
function placeOf(run: Run, at: number): number {
	let low = 0;
	let high = run.at.length;
	while (low < high) {
		const middle = (low + high) >>> 1;
		if ((run.at[middle] as number) < at) low = middle + 1;
		else high = middle;
	}
	return low;
}

/** Two sorted runs as one, without the rows that no longer live. */
function merged(a: Run, b: Run, lives: (row: number) => boolean): Run {
	const length = a.at.length + b.at.length;
	const at = new Float64Array(length);
	const row = new Int32Array(length);
	let to = 0;
	let i = 0;
	let j = 0;
	while (i < a.at.length || j < b.at.length) {
		const fromA = j >= b.at.length || (i < a.at.length && (a.at[i] as number) <= (b.at[j] as number));
		const run = fromA ? a : b;
		const place = fromA ? i++ : j++;
		if (!lives(run.row[place] as number)) continue;
		at[to] = run.at[place] as number;
		row[to++] = run.row[place] as number;
	}
	return to === length ? { at, row } : { at: at.slice(0, to), row: row.slice(0, to) };
}

/**
 * Row numbers by instant, for asking what lies in a range at the cost of what lies in it. Kept as a few sorted runs, each
 * at least twice as long as the next, so that a new row costs the logarithm of their number however rows come in
 * (a logarithmic method, J. L. Bentley and J. B. Saxe, 1980).
 */
export class Timeline {
	private runs: Run[] = [];
	private newRows: number[] = [];
	private newInstants: number[] = [];
	private readonly lives: (row: number) => boolean;

	/** `lives` tells whether a row still counts; those that do not are left out and forgotten by and by. */
	constructor(lives: (row: number) => boolean) {
		this.lives = lives;
	}

	/** `at`: ms since 1970, or Infinity. */
	add(at: number, row: number): void {
		this.newRows.push(row);
		this.newInstants.push(at);
	}

	private settle(): void {
		if (this.newRows.length === 0) return;
		const order = Int32Array.from(this.newRows.keys()).sort(
			(a, b) => (this.newInstants[a] as number) - (this.newInstants[b] as number) || a - b || 0,
		);
		let run: Run = {
			at: Float64Array.from(order, (place) => this.newInstants[place] as number),
			row: Int32Array.from(order, (place) => this.newRows[place] as number),
		};
		this.newRows = [];
		this.newInstants = [];
		for (let last = this.runs.at(-1); last && last.at.length < 2 * run.at.length; last = this.runs.at(-1)) {
			run = merged(last, run, this.lives);
			this.runs.pop();
		}
		this.runs.push(run);
	}

	/** Takes in what was added since: to be called now and then while much is added. */
	sort(): void {
		this.settle();
	}

	/** Visits the living rows with from ≤ at < to, in no particular order. `to` undefined: to the end, Infinity included. */
	visit(from: number, to: number | undefined, visitor: (row: number, at: number) => void): void {
		this.settle();
		for (const run of this.runs) {
			const end = to === undefined ? run.at.length : placeOf(run, to);
			for (let place = placeOf(run, from); place < end; place++) {
				const row = run.row[place] as number;
				if (this.lives(row)) visitor(row, run.at[place] as number);
			}
		}
	}

	/** The living rows with from ≤ at < to in order of time, or against it. The timeline must not change meanwhile. */
	*ordered(from: number, to: number, descending: boolean): Generator<{ row: number; at: number }> {
		this.settle();
		const step = descending ? -1 : 1;
		const walks = this.runs
			.map((run) => {
				const [first, end] = [placeOf(run, from), placeOf(run, to)];
				return { run, place: descending ? end - 1 : first, left: end - first };
			})
			.filter(({ left }) => left > 0);
		while (walks.length > 0) {
			let next = 0;
			for (let i = 1; i < walks.length; i++) if (step * (instantOf(walks[i]) - instantOf(walks[next])) < 0) next = i;
			const walk = walks[next] as (typeof walks)[number];
			const row = walk.run.row[walk.place] as number;
			if (this.lives(row)) yield { row, at: instantOf(walk) };
			walk.place += step;
			if (--walk.left === 0) walks.splice(next, 1);
		}
	}

	/** The rows got other numbers: `numbers[old]` is the new one, negative for a row that is gone. Order is kept. */
	renumber(numbers: Int32Array): void {
		this.settle();
		this.runs = this.runs.map((run) => {
			const kept = merged(run, EMPTY, (row) => (numbers[row] as number) >= 0);
			for (let place = 0; place < kept.row.length; place++)
				kept.row[place] = numbers[kept.row[place] as number] as number;
			return kept;
		});
	}
}

const instantOf = (walk: { run: Run; place: number } | undefined) => walk?.run.at[walk.place] as number;
