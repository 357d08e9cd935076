import { randomBytes } from "node:crypto";
import type { Model as MongooseModel } from "mongoose";
import type { ServiceValueRow } from "../models/outbox.ts";

/** Secrets and counters of a service, the same in all its processes. */
export class ServiceValues {
	private readonly rows: () => MongooseModel<ServiceValueRow>;

	constructor(rows: () => MongooseModel<ServiceValueRow>) {
		this.rows = rows;
	}

	/** A random secret by name, 32 bytes in base64. Whoever asks first makes it up, and all are told the same. */
	async secret(name: string): Promise<string> {
		const made = { $setOnInsert: { text: randomBytes(32).toString("base64") } };
		await unlessMadeMeanwhile(() => this.rows().updateOne({ _id: name }, made, { upsert: true }));
		const row = await this.rows().findById(name).read("primary").readConcern("majority").lean<ServiceValueRow>();
		if (!row?.text) throw new Error(`the service's secret ${name} is not there`);
		return row.text;
	}

	/** The next number of a sequence from 1: never given twice, gaps allowed. */
	async nextNumber(sequence: string): Promise<number> {
		const row = await unlessMadeMeanwhile(() =>
			this.rows()
				// Need not be on the disk by itself: the commit that uses the number takes it there.
				.findOneAndUpdate(
					{ _id: sequence },
					{ $inc: { number: 1 } },
					{ upsert: true, new: true, writeConcern: { w: "majority", j: false } },
				)
				.lean<ServiceValueRow>(),
		);
		return row?.number ?? 0;
	}
}

/** Two processes that make a row at the same time: MongoDB may refuse one, which then finds the other's. */
async function unlessMadeMeanwhile<T>(upsert: () => PromiseLike<T>): Promise<T> {
	try {
		return await upsert();
	} catch (error) {
		if ((error as { code?: unknown }).code !== 11000) throw error;
		return upsert();
	}
}
