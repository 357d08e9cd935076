import { Mistake } from "./command.ts";

const UNITS: Record<string, number> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * The place in the event log that somebody typed: a position, `beginning`, a time such as `2025-01-15T09:00:00Z`, or
 * how long ago, such as `90s`, `15m`, `2h`, `7d`.
 * @throws Mistake for anything else
 */
export function placeOf(text: string, now: Date): number | Date {
	if (text === "beginning") return 0;
	if (/^\d{1,15}$/.test(text)) return Number(text);
	const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
	if (count !== undefined && unit !== undefined) return new Date(now.getTime() - Number(count) * (UNITS[unit] ?? 0));
	const time = /^\d{4}-\d{2}-\d{2}/.test(text) ? new Date(text) : null;
	if (time && !Number.isNaN(time.getTime())) return time;
	throw new Mistake(
		`"${text}" is no place in the event log; write a position, beginning, a time such as 2025-01-15T09:00:00Z, or 15m.`,
	);
}
