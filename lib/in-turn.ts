/**
 * Lets pieces of work on one key run one after another, those on different keys at once. Within this process only: it
 * spares transactions the conflicts they would have to be tried again for, and guarantees nothing.
 */
export class InTurn {
	private readonly last = new Map<string, Promise<unknown>>();

	/** Runs the work after all that was given for the key before, whatever became of that. */
	run<T>(key: string, work: () => Promise<T>): Promise<T> {
		const before = this.last.get(key) ?? Promise.resolve();
		const mine = before.then(work, work);
		const settled = mine
			.catch(() => undefined)
			.then(() => {
				if (this.last.get(key) === settled) this.last.delete(key);
			});
		this.last.set(key, settled);
		return mine;
	}
}
