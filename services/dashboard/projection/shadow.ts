import type { Connection } from "mongoose";
import type { Runtime } from "../../../mixins/runtime.ts";
import type { Model } from "../../../models/model.ts";
import { FACT_MODELS } from "../dashboard-store.ts";
import { type Positioned, project, type Tables } from "./projector.ts";

/** The service's second database, where a rebuild makes its documents. */
const DATABASE = "dashboard-rebuild";

/** Documents made beside those that serve, in a database of their own that outlives a crash. */
export class Shadow {
	private readonly connection: Connection;
	private readonly runtime: Runtime;

	private constructor(connection: Connection, runtime: Runtime) {
		this.connection = connection;
		this.runtime = runtime;
	}

	static async open(runtime: Runtime): Promise<Shadow> {
		const connection = await runtime.openConnection(DATABASE);
		const models = FACT_MODELS as unknown as readonly Model<{ _id: string }>[];
		for (const model of models) await connection.model(model.name, model.schema).init();
		return new Shadow(connection, runtime);
	}

	get tables(): Tables {
		return (model) => this.connection.model(model.name) as never;
	}

	/** Removes what an earlier rebuild left behind. */
	async empty(): Promise<void> {
		const models = FACT_MODELS as unknown as readonly Model<{ _id: string }>[];
		for (const model of models) await this.tables(model).deleteMany({});
	}

	/** Adds events in the order of the log. Those that cannot be understood are left out; their ids come back. */
	async add(events: readonly Positioned[]): Promise<string[]> {
		try {
			await this.write(events);
			return [];
		} catch (error) {
			const [only] = events;
			if (!only) return [];
			if (events.length > 1) {
				const skipped: string[] = [];
				for (const one of events) skipped.push(...(await this.add([one])));
				return skipped;
			}
			if (error instanceof TypeError) return [only.event.id];
			throw error;
		}
	}

	private async write(events: readonly Positioned[]): Promise<void> {
		const session = await this.connection.startSession();
		try {
			const now = this.runtime.clock.now();
			await session.withTransaction(() => project(this.tables, session, events, now).then(() => undefined), {
				readConcern: { level: "snapshot" },
				writeConcern: { w: "majority", j: true },
			});
		} finally {
			await session.endSession();
		}
	}

	async close(): Promise<void> {
		await this.connection.close();
	}
}
