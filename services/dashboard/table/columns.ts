/** How much longer a full column becomes. */
const GROWTH = 1.5;
const FIRST = 64;

interface Kinds {
	u8: Uint8Array;
	i32: Int32Array;
	f64: Float64Array;
}

const KINDS: { [K in keyof Kinds]: new (length: number) => Kinds[K] } = {
	u8: Uint8Array,
	i32: Int32Array,
	f64: Float64Array,
};

/** The names of a table's columns and what each holds. */
export type Layout = Record<string, keyof Kinds>;

export type ColumnsOf<L extends Layout> = { [Name in keyof L]: Kinds[L[Name]] };

/** Columns of equal length that grow together: rows of plain numbers, without an object for each. */
export class Columns<L extends Layout> {
	private readonly layout: L;
	/** the columns themselves; asked for anew after rows were added, because growing replaces them */
	at: ColumnsOf<L>;
	/** how many rows are in use */
	length = 0;
	private capacity = FIRST;

	constructor(layout: L) {
		this.layout = layout;
		this.at = this.make(this.capacity);
	}

	private make(capacity: number): ColumnsOf<L> {
		const columns = Object.entries(this.layout).map(([name, kind]) => [name, new KINDS[kind](capacity)]);
		return Object.fromEntries(columns) as ColumnsOf<L>;
	}

	private resize(capacity: number): void {
		const grown = this.make(capacity);
		for (const name of Object.keys(this.layout)) grown[name]?.set(this.at[name]?.subarray(0, this.length) as never);
		this.at = grown;
		this.capacity = capacity;
	}

	/** One more row, all zeros; its number. */
	add(): number {
		if (this.length === this.capacity) this.resize(Math.ceil(this.capacity * GROWTH));
		return this.length++;
	}

	/** Keeps these rows, named in rising order, closes the gaps and gives room back. */
	keep(rows: Int32Array): void {
		for (const name of Object.keys(this.layout)) {
			const column = this.at[name];
			if (column) for (let to = 0; to < rows.length; to++) column[to] = column[rows[to] as number] as number;
		}
		this.length = rows.length;
		this.resize(Math.max(FIRST, Math.ceil(rows.length * GROWTH)));
	}
}
