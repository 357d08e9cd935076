import { Columns, type ColumnsOf, type Layout } from "./columns.ts";
import { Timeline } from "./timeline.ts";

/** Dead rows are swept out when there are more of them than living ones, and more than this. */
const SWEEP_ABOVE = 4096;

/** Where a ticket's rows are: they lie side by side. */
const BLOCKS = { start: "i32", length: "i32" } as const satisfies Layout;

/**
 * The rows of one kind of all tickets of a tenant, in columns, found by time. The rows of a ticket are replaced
 * together; every row has the column `ticket`, which is -1 in a dead one.
 */
export class RowSet<L extends Layout & { ticket: "i32" }> {
	private readonly columns: Columns<L>;
	private readonly blocks = new Columns(BLOCKS);
	private dead = 0;
	readonly timeline = new Timeline((row) => this.ticketOf(row) >= 0);

	constructor(layout: L) {
		this.columns = new Columns(layout);
	}

	/** The columns; asked for anew after a change. */
	get at(): ColumnsOf<L> {
		return this.columns.at;
	}

	/** How many rows take up room. */
	get size(): number {
		return this.columns.length;
	}

	ticketOf(row: number): number {
		return (this.columns.at.ticket as Int32Array)[row] as number;
	}

	/** Which of its ticket's rows this is, from 0. */
	placeOf(row: number): number {
		return row - (this.blocks.at.start[this.ticketOf(row)] as number);
	}

	/** Lets a ticket's rows of before die; what is added for it now takes their place. */
	replace(ticket: number): void {
		while (this.blocks.length <= ticket) this.blocks.add();
		const { start, length } = this.blocks.at;
		const first = start[ticket] as number;
		const count = length[ticket] as number;
		(this.columns.at.ticket as Int32Array).fill(-1, first, first + count);
		this.dead += count;
		if (this.dead > SWEEP_ABOVE && this.dead > this.size / 2) this.sweep();
		start[ticket] = this.size;
		length[ticket] = 0;
	}

	/** One more row of the ticket that was named to `replace` last; its number, all columns but `ticket` zero. */
	add(ticket: number, at: number): number {
		const row = this.columns.add();
		(this.columns.at.ticket as Int32Array)[row] = ticket;
		(this.blocks.at.length[ticket] as number)++;
		this.timeline.add(at, row);
		return row;
	}

	private sweep(): void {
		const numbers = new Int32Array(this.size).fill(-1);
		const living = new Int32Array(this.size - this.dead);
		let count = 0;
		for (let row = 0; row < this.size; row++)
			if (this.ticketOf(row) >= 0) {
				numbers[row] = count;
				living[count++] = row;
			}
		this.timeline.renumber(numbers);
		this.columns.keep(living);
		const { start, length } = this.blocks.at;
		for (let ticket = 0; ticket < this.blocks.length; ticket++)
			if ((length[ticket] as number) > 0) start[ticket] = numbers[start[ticket] as number] ?? 0;
		this.dead = 0;
	}
}
