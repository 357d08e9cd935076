/** Leaves a transaction with a result and without a write. */
class TakenBack<R> extends Error {
	readonly result: R;
	constructor(result: R) {
		super("what was tried is taken back");
		this.result = result;
	}
}

/** Ends the transaction that it is thrown in, so that nothing of it is written. */
export function takeBack<R>(result: R): never {
	throw new TakenBack(result);
}

/** The result of work that may have been taken back. */
export async function orTakenBack<R>(work: Promise<R>): Promise<R> {
	try {
		return await work;
	} catch (error) {
		if (error instanceof TakenBack) return error.result as R;
		throw error;
	}
}
