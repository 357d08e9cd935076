import mongoose from "mongoose";
import { sqliteDriver } from "../../embedded/driver.ts";
import { databaseUrl, startMongo } from "../support/mongo.ts";

/** One of the two stores a case runs on. */
export interface TestStore {
	readonly name: string;
	/** False when there is no MongoDB here; the cases are then reported as skipped by a warning. */
	readonly available: boolean;
	readonly connection: mongoose.Connection;
	stop(): Promise<void>;
}

/** The embedded store, its files in a temporary folder. */
export async function openEmbedded({ strict = false } = {}): Promise<TestStore> {
	const instance = new mongoose.Mongoose();
	instance.setDriver(sqliteDriver({ dataDir: ":memory:", strict }));
	const connection = await instance.createConnection("sqlite:///conformance").asPromise();
	return { name: "embedded", available: true, connection, stop: () => connection.close() };
}

/** A MongoDB of its own through the MongoDB driver. */
export async function openMongo(): Promise<TestStore> {
	const instance = new mongoose.Mongoose();
	const mongo = await startMongo();
	if (!mongo) {
		return { name: "MongoDB", available: false, connection: instance.connection, stop: async () => {} };
	}
	const url = databaseUrl(mongo.url, `conformance_${process.pid}`);
	const connection = await instance.createConnection(url).asPromise();
	const stop = async () => {
		await connection.dropDatabase();
		await connection.close();
		await mongo.stop();
	};
	return { name: "MongoDB", available: true, connection, stop };
}
