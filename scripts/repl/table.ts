type Cell = string | number | boolean | null | undefined;

const MAX_WIDTH = 60;

const shown = (cell: Cell) => {
	const text = cell === null || cell === undefined || cell === "" ? "–" : String(cell).replaceAll(/\s+/g, " ");
	return text.length > MAX_WIDTH ? `${text.slice(0, MAX_WIDTH - 1)}…` : text;
};

/** Rows in columns under their names; numbers to the right. */
export function table<N extends string>(columns: readonly N[], rows: readonly Record<N, Cell>[]): string {
	const cells = rows.map((row) => columns.map((column) => shown(row[column])));
	const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((row) => (row[at] ?? "").length)));
	const numeric = columns.map((column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
	const line = (texts: readonly string[]) =>
		texts
			.map((text, at) => (numeric[at] ? text.padStart(widths[at] ?? 0) : text.padEnd(widths[at] ?? 0)))
			.join("  ")
			.trimEnd();
	return [line(columns), line(widths.map((width) => "─".repeat(width))), ...cells.map(line)].join("\n");
}

/** How long a time is, in one unit: `0 s`, `45 s`, `12 min`, `3 h`, `5 d`. */
export function duration(ms: number): string {
	const seconds = Math.max(0, Math.round(ms / 1000));
	if (seconds < 120) return `${seconds} s`;
	if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
	return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
