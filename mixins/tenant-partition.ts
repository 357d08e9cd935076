import type { ActionSchema } from "moleculer";
import {
	countPartitionOf,
	dropExportOf,
	type Exporting,
	exportPartitionOf,
	type Partitioned,
	purgePartitionOf,
	readExportOf,
} from "../contracts/tenant-partition.ts";
import type { Clock } from "../lib/clock.ts";
import type { Model } from "../models/model.ts";
import { outboxModel, receiptModel, serviceValueModel } from "../models/outbox.ts";
import { sagaModel } from "../models/saga.ts";
import { action } from "./action.ts";
import type { Blobs } from "./blobs.ts";
import type { InTransaction } from "./repository.ts";
import { commandOf, type Store } from "./store.ts";
import { type Exported, TenantExports } from "./tenant-export.ts";

/** How many documents are removed in one transaction. */
const CHUNK = 500;

/** Published events go by themselves after some days, and what is not published yet must not be lost. */
const LEFT_ALONE: readonly string[] = [outboxModel.name];

/** The receipts of the purge itself stay until they are as old as all receipts get, ms. They hold nothing but numbers. */
const RECENT_MS = 24 * 3600 * 1000;

type AnyModel = Model<{ _id: string; tenantId: string }>;

/** Rows of the service's own, each of which belongs to one tenant: their ids. */
type NamedRows = (tenantId: string) => readonly string[];

const noRows: NamedRows = () => [];

/** What a service's store holds of one tenant: every collection whose documents have a `tenantId`, also future ones. */
export class TenantRows {
	private readonly store: Store;
	private readonly clock: Clock;
	private readonly named: NamedRows;

	constructor(store: Store, clock: Clock, named: NamedRows = noRows) {
		this.store = store;
		this.clock = clock;
		this.named = named;
	}

	private filter({ name }: AnyModel, tenantId: string): object {
		if (name !== receiptModel.name) return { tenantId };
		return { tenantId, createdAt: { $lt: new Date(this.clock.now().getTime() - RECENT_MS) } };
	}

	private get models(): AnyModel[] {
		const ofTenants = this.store.models.filter(({ schema }) => schema.path("tenantId") !== undefined);
		return ofTenants.filter(({ name }) => !LEFT_ALONE.includes(name)) as unknown as AnyModel[];
	}

	/** How many there are, by collection; the saga that asks is not counted. */
	async count(tenantId: string, sagaId: string): Promise<Record<string, number>> {
		const counts: Record<string, number> = {};
		for (const model of this.models) {
			const all = await this.store.model(model).countDocuments(this.filter(model, tenantId));
			const own =
				model.name === sagaModel.name && (await this.store.model(sagaModel).exists({ _id: sagaId, tenantId }));
			counts[model.name] = all - (own ? 1 : 0);
		}
		const named = this.named(tenantId);
		if (named.length > 0)
			counts[serviceValueModel.name] = await this.store
				.model(serviceValueModel)
				.countDocuments({ _id: { $in: [...named] } });
		return counts;
	}

	/** Removes some of them: of these collections only, where any are named. */
	async purge(
		tx: InTransaction,
		tenantId: string,
		sagaId: string,
	): Promise<{ removed: Record<string, number>; more: boolean }> {
		const removed: Record<string, number> = {};
		let room = CHUNK;
		for (const model of this.models) {
			if (room === 0) break;
			const count = await this.remove(tx, model, tenantId, room, sagaId);
			if (count > 0) removed[model.name] = count;
			room -= count;
		}
		if (room > 0) {
			const $in = [...this.named(tenantId)];
			const values = this.store.model(serviceValueModel);
			if ($in.length > 0) await values.deleteMany({ _id: { $in } }, { session: tx.session });
		}
		return { removed, more: room === 0 };
	}

	private async remove(tx: InTransaction, model: AnyModel, tenantId: string, limit: number, sagaId: string) {
		const rows = this.store.model(model);
		const found = await rows
			.find(this.filter(model, tenantId), { _id: 1 })
			.limit(limit)
			.session(tx.session)
			.lean<{ _id: string }[]>();
		const ids = found.map(({ _id }) => _id).filter((id) => id !== sagaId || model.name !== sagaModel.name);
		if (ids.length > 0) await rows.deleteMany({ _id: { $in: ids } }, { session: tx.session });
		return ids.length;
	}
}

/** How a service takes part in the end of a tenant. `blobs` is what it keeps beside its documents. */
export function partitionActions(
	service: Partitioned,
	store: Store,
	clock: Clock,
	named?: NamedRows,
	blobs?: Blobs,
): Record<string, ActionSchema> {
	const rows = new TenantRows(store, clock, named);
	return {
		purgePartition: action(purgePartitionOf(service), async (ctx) => {
			const { tenantId, sagaId } = ctx.params;
			await blobs?.removeAll(tenantId);
			return store.commit(commandOf(ctx, tenantId), (tx) => rows.purge(tx, tenantId, sagaId));
		}),
		countPartition: action(countPartitionOf(service), async ({ params: { tenantId, sagaId } }) => ({
			counts: { ...(await rows.count(tenantId, sagaId)), ...(blobs ? { blobs: await blobs.count(tenantId) } : {}) },
		})),
	};
}

/** How a service hands a tenant's documents over before they are removed. */
export function exportActions(
	service: Exporting,
	store: Store,
	collections: readonly Exported[],
): Record<string, ActionSchema> {
	const exports = new TenantExports(store, collections);
	return {
		exportPartition: action(exportPartitionOf(service), (ctx) => {
			const { tenantId, sagaId } = ctx.params;
			return store.commit(commandOf(ctx, tenantId), (tx) => exports.writePart(tx, tenantId, sagaId));
		}),
		readExport: action(readExportOf(service), ({ params: { tenantId, part } }) => exports.read(tenantId, part)),
		dropExport: action(dropExportOf(service), (ctx) => {
			const { tenantId, sagaId } = ctx.params;
			return store.commit(commandOf(ctx, tenantId), (tx) => exports.drop(tx, tenantId, sagaId));
		}),
	};
}
