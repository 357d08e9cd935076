import mongoose from "mongoose";

const { MongoBulkWriteError } = mongoose.mongo;

/** One operation of a bulk that failed, in the MongoDB driver's form. */
export interface BulkError {
	readonly index: number;
	readonly code: unknown;
	readonly errmsg: string;
	readonly keyPattern?: unknown;
	readonly keyValue?: unknown;
	readonly err: { index: number; code: unknown; errmsg: string; op: unknown };
}

/** The outcome of a bulk, with the fields and methods of the MongoDB driver's `BulkWriteResult`. */
export class BulkResult {
	readonly acknowledged = true;
	ok = 1;
	insertedCount = 0;
	matchedCount = 0;
	modifiedCount = 0;
	deletedCount = 0;
	upsertedCount = 0;
	insertedIds: Record<number, unknown> = {};
	upsertedIds: Record<number, unknown> = {};
	readonly #errors: BulkError[] = [];

	/** What older callers read the counts from. */
	get result(): { writeErrors: BulkError[]; insertedIds: { index: number; _id: unknown }[] } {
		const insertedIds = Object.entries(this.insertedIds).map(([index, _id]) => ({ index: Number(index), _id }));
		return { writeErrors: this.#errors, insertedIds };
	}

	isOk(): boolean {
		return this.ok === 1;
	}

	hasWriteErrors(): boolean {
		return this.#errors.length > 0;
	}

	getWriteErrorCount(): number {
		return this.#errors.length;
	}

	getWriteErrors(): BulkError[] {
		return this.#errors;
	}

	getWriteErrorAt(index: number): BulkError | undefined {
		return this.#errors[index];
	}

	/** Notes that one operation failed. Errors that are not the server's (bugs, full disks) are not for the caller's list. */
	addError(index: number, error: unknown, op: unknown): void {
		if (!(error instanceof mongoose.mongo.MongoServerError)) throw error;
		const { code, message: errmsg, keyPattern, keyValue } = error;
		this.#errors.push({ index, code, errmsg, keyPattern, keyValue, err: { index, code, errmsg, op } });
	}

	/** The error the whole bulk fails with. */
	toError(): mongoose.mongo.MongoBulkWriteError {
		const first = this.#errors[0]!;
		const error = new MongoBulkWriteError(
			{ message: first.errmsg, code: first.code as number, writeErrors: this.#errors as never },
			this as never,
		);
		return Object.assign(error, { keyPattern: first.keyPattern, keyValue: first.keyValue });
	}
}
