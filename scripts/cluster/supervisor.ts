import type { ManagedProcess } from "./managed-process.ts";

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 10_000;
/** A process that ran this long had a good start: the next pause is short again, ms. */
const GOOD_START_MS = 30_000;

/** How long to wait before the next start, by how often in a row it went wrong. */
export const pauseBefore = (failures: number) =>
	Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.max(0, failures - 1));

/** Starts processes again that end by themselves, with growing pauses. Returns what ends the supervision. */
export function supervise(processes: Iterable<ManagedProcess>, say: (name: string, line: string) => void): () => void {
	let stopped = false;
	const timers = new Set<NodeJS.Timeout>();
	for (const one of processes) {
		let failures = 0;
		let startedAt = performance.now();
		const again = (why: string) => {
			if (stopped) return;
			if (performance.now() - startedAt > GOOD_START_MS) failures = 0;
			const pause = pauseBefore(++failures);
			say(one.name, `${why}; it is started again in ${pause} ms`);
			const timer = setTimeout(() => {
				timers.delete(timer);
				startedAt = performance.now();
				one.start().then(
					() => say(one.name, "runs again"),
					// A process that ends while it starts was a crash already.
					() => undefined,
				);
			}, pause);
			timers.add(timer);
		};
		one.onCrash((code) => again(`ended${code === null ? "" : ` with ${code}`}`));
	}
	return () => {
		stopped = true;
		for (const timer of timers) clearTimeout(timer);
	};
}
