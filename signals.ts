/** A stop that takes longer than this is cut short, ms. */
const STOP_WITHIN_MS = 15_000;

/** How the process ends: after a clean stop, when something failed or was cut short, when a setting cannot be used. */
export const EXIT = { stopped: 0, failed: 1, settings: 2 } as const;

/** What is finished before the process ends. */
interface Stoppable {
	stop(): Promise<void>;
}

let running: Stoppable | null = null;
let stopping = false;

function received(): void {
	if (running === null) process.exit(EXIT.stopped);
	if (stopping) process.exit(EXIT.failed);
	stopping = true;
	setTimeout(() => {
		console.error(`conductor: the stop took more than ${STOP_WITHIN_MS / 1000} s and was cut short`);
		process.exit(EXIT.failed);
	}, STOP_WITHIN_MS).unref();
	running.stop().then(
		() => process.exit(EXIT.stopped),
		(error: unknown) => {
			console.error("conductor: the stop failed", error);
			process.exit(EXIT.failed);
		},
	);
}

/**
 * Lets SIGTERM and SIGINT end the process from now on: at once while it still starts, when there is nothing to finish. As
 * the first process of a container it would not be ended by them otherwise.
 */
export function listenToSignals(): void {
	for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, received);
}

/** From now on there is something to finish first: what is under way, and nothing new. A second signal ends it at once. */
export function stopOnSignals(app: Stoppable): void {
	running = app;
}
