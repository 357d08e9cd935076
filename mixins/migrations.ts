import { setTimeout as pause } from "node:timers/promises";
import type { Connection } from "mongoose";
import type { Clock } from "../lib/clock.ts";
import { leaseModel } from "../models/lease.ts";
import { type MigrationRow, migrationModel } from "../models/migration.ts";
import { compiled } from "../models/model.ts";
import { type Lease, Leases } from "./lease.ts";

type Stored = { _id: string } & Record<string, unknown>;
/** A change of one document: a filter that names it, and update operators. */
export interface Change {
	updateOne: { filter: { _id: string } & Record<string, unknown>; update: Record<string, unknown> };
}

/** What a migration works with: the service's database past its models, which change while a migration must not. */
export interface MigrationRun {
	/**
	 * Goes through a collection by id, some documents at a time, and writes the changes that `change` makes of each (null:
	 * none). Keeps the lease meanwhile. What a process that was killed has changed already is simply met again, so
	 * `change` must answer null, or the same, for a document that it has changed.
	 * @throws LeaseLost when another process has taken over
	 */
	each(collection: string, change: (document: Stored) => Change | null): Promise<void>;
	/** For what cannot be done document by document. To be idempotent like everything here. */
	readonly connection: Connection;
}

/** One change of the documents of a service, made once for all its processes before they serve. */
export interface Migration {
	/** from 1, growing within a list; never used again for something else */
	version: number;
	/** what it does, for whoever reads the record of it */
	name: string;
	/**
	 * Processes that do not know it must not go on: they refuse to start afterwards. Those that run have to be stopped
	 * before it is deployed. Without it the older version works on: documents may only gain fields.
	 */
	breaking?: boolean;
	/** Brings the documents up to this version; runs again from its start after a crash. */
	up(run: MigrationRun): Promise<void>;
}

/** Migrations that belong together, with a version count of their own. */
export interface MigrationList {
	name: string;
	migrations: readonly Migration[];
}

/** What a newer version of the product has made of the documents cannot be worked on by this one. */
export class StoreTooNew extends Error {
	override name = "StoreTooNew";
}

const LEASE = "migrations";
const LEASE_MS = 15_000;
const LOOK_EVERY_MS = 250;
const BATCH = 500;

interface Parts {
	connection: Connection;
	lists: readonly MigrationList[];
	clock: Clock;
	log(line: string): void;
}

/**
 * Brings the documents of a service up to this version before it serves, in one process at a time; the others wait. What
 * is done is recorded in the collection `migrations`.
 * @throws StoreTooNew where a newer version of the product has made a breaking change
 */
export async function migrate(parts: Parts): Promise<void> {
	for (const { name, migrations } of parts.lists) assertGrowing(name, migrations);
	const leases = new Leases(() => compiled(parts.connection, leaseModel), parts.clock);
	for (let waited = false; (await pending(parts)).length > 0; ) {
		const { taken } = await leases.during(LEASE, LEASE_MS, async (lease) => {
			for (const [id, migration] of await pending(parts)) await runOne(parts, id, migration, lease);
		});
		if (taken) continue;
		if (!waited) parts.log("Another process migrates the documents; waiting for it");
		waited = true;
		await pause(LOOK_EVERY_MS);
	}
}

function assertGrowing(list: string, migrations: readonly Migration[]): void {
	let last = 0;
	for (const { version } of migrations) {
		if (!Number.isInteger(version) || version <= last)
			throw new Error(`the migrations of ${list} must have growing versions; ${version} comes after ${last}`);
		last = version;
	}
}

/** What is still to be done, in order. Throws where the store is ahead of this process and must not be touched by it. */
async function pending(parts: Parts): Promise<[id: string, Migration][]> {
	const recorded = await compiled(parts.connection, migrationModel)
		.find({})
		.sort({ _id: 1 })
		.limit(10_000)
		.lean<MigrationRow[]>();
	const known = parts.lists.flatMap(({ name, migrations }) =>
		migrations.map((migration): [string, Migration] => [`${name}/${migration.version}`, migration]),
	);
	const ids = new Set(known.map(([id]) => id));
	const barrier = recorded.find((row) => row.breaking && !ids.has(row._id));
	if (barrier)
		throw new StoreTooNew(
			`The documents were migrated by a newer version of Conductor (${barrier._id}, "${barrier.name}"), which this one cannot work with. Start that version or a later one.`,
		);
	const done = new Set(recorded.filter((row) => row.finishedAt !== null).map((row) => row._id));
	return known.filter(([id]) => !done.has(id));
}

async function runOne(parts: Parts, id: string, migration: Migration, lease: Lease): Promise<void> {
	const { clock } = parts;
	const rows = compiled(parts.connection, migrationModel);
	const startedAt = clock.now();
	await rows.updateOne(
		{ _id: id },
		{ $set: { name: migration.name, breaking: migration.breaking ?? false, startedAt }, $inc: { attempts: 1 } },
		{ upsert: true },
	);
	await migration.up(runOf(parts.connection, lease));
	if (!(await lease.renew())) throw lease.signal.reason;
	const finishedAt = clock.now();
	const durationMs = finishedAt.getTime() - startedAt.getTime();
	await rows.updateOne({ _id: id }, { $set: { finishedAt, durationMs } });
	parts.log(`Migrated the documents: ${id}, ${migration.name} (${durationMs} ms)`);
}

function runOf(connection: Connection, lease: Lease): MigrationRun {
	return {
		connection,
		async each(name, change) {
			const collection = connection.db?.collection<Stored>(name);
			if (!collection) throw new Error("a migration needs an open connection");
			for (let after = ""; ; ) {
				const found = await collection
					.find({ _id: { $gt: after } })
					.sort({ _id: 1 })
					.limit(BATCH)
					.toArray();
				const changes = found.map(change).filter((one) => one !== null);
				if (!(await lease.renew())) throw lease.signal.reason;
				if (changes.length > 0) await collection.bulkWrite(changes as never[], { ordered: false });
				const last = found.at(-1);
				if (!last || found.length < BATCH) return;
				after = last._id;
			}
		},
	};
}
