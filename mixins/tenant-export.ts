import { gzipSync } from "node:zlib";
import type { Static } from "typebox";
import type { ExportProgress } from "../contracts/tenant-partition.ts";
import { notFound, Problem } from "../lib/problem.ts";
import { ResumableHash } from "../lib/resumable-hash.ts";
import type { Model } from "../models/model.ts";
import {
	type TenantExport,
	type TenantExportPart,
	tenantExportModel,
	tenantExportPartModel,
} from "../models/tenant-export.ts";
import { behind } from "./keyset.ts";
import type { InTransaction } from "./repository.ts";
import type { Store } from "./store.ts";

/** A part ends with the entity that makes it this large, or with the last of so many. */
const PART_BYTES = 512 * 1024;
const PART_ENTITIES = 500;
/** How many documents are read at once, where a collection does not say. */
const PAGE = 50;
/** How many parts are removed in one transaction. */
const DROPPED_AT_ONCE = 200;

/** A collection whose documents belong to a tenant's export. */
export interface Exported {
	/** what one of them is called in the export */
	entity: string;
	model: Model<never>;
	/** the fields behind `tenantId` of an index that tells all of them apart; all ascending */
	order: readonly string[];
	/** fields that mean nothing outside of this product, or must not leave it */
	omit?: readonly string[];
	/** how many are read at once, where they are large */
	page?: number;
}

const partId = (exportId: string, part: number) => `${exportId} ${part}`;

type Row = { _id: string } & Record<string, unknown>;
type Progress = Static<typeof ExportProgress>;

const progressOf = ({ sha256, entities, bytes }: TenantExport): Progress => ({
	done: sha256 !== null,
	entities,
	bytes,
	sha256,
});

/** Sort values as text and back: instants stay instants. */
const positionText = (values: readonly unknown[]) =>
	JSON.stringify(values.map((value) => (value instanceof Date ? { $date: value.toISOString() } : value)));
const positionValues = (text: string) =>
	(JSON.parse(text) as unknown[]).map((value) =>
		typeof value === "object" && value !== null && "$date" in value ? new Date(value.$date as string) : value,
	);

function lineOf({ entity, omit = [] }: Exported, { _id, ...fields }: Row): Buffer {
	const left = Object.fromEntries(Object.entries(fields).filter(([name]) => !omit.includes(name)));
	return Buffer.from(`${JSON.stringify({ entity, id: _id, ...left })}\n`);
}

/**
 * Writes what a service holds of a tenant as lines of JSON, part by part, into the service's own store: any process can
 * write the next part, and any can hand them out. The tenant is read-only meanwhile.
 */
export class TenantExports {
	private readonly store: Store;
	private readonly collections: readonly Exported[];

	constructor(store: Store, collections: readonly Exported[]) {
		this.store = store;
		this.collections = collections;
	}

	/** Writes the next part in a transaction, unless all are written. */
	async writePart(tx: InTransaction, tenantId: string, exportId: string): Promise<Progress> {
		const rows = this.store.model(tenantExportModel);
		const found = await rows.findById(exportId).session(tx.session).lean<TenantExport>();
		const before: TenantExport = found ?? {
			...{ _id: exportId, tenantId, collectionNo: 0, after: null, parts: 0, entities: 0, bytes: 0 },
			...{ hash: "", sha256: null, createdAt: tx.now },
		};
		if (before.sha256 !== null) return progressOf(before);
		const { after, lines } = await this.next(tx, before);
		const hash = await ResumableHash.from(before.hash);
		for (const line of lines) hash.update(line);
		after.hash = hash.state();
		if (after.collectionNo === this.collections.length) {
			after.sha256 = hash.digest();
			lines.push(this.lastLine(after));
		}
		await this.writeLines(tx, after, lines);
		const { _id, ...fields } = after;
		await rows.updateOne({ _id }, { $set: fields }, { upsert: true, session: tx.session });
		return progressOf(after);
	}

	private lastLine({ entities, sha256 }: TenantExport): Buffer {
		return Buffer.from(`${JSON.stringify({ endOfExport: true, service: this.store.service, entities, sha256 })}\n`);
	}

	/** The lines of the next part, and where the one after it begins. */
	private async next(tx: InTransaction, before: TenantExport): Promise<{ after: TenantExport; lines: Buffer[] }> {
		const after = { ...before };
		const lines: Buffer[] = [];
		let size = 0;
		while (after.collectionNo < this.collections.length && size < PART_BYTES && lines.length < PART_ENTITIES) {
			const collection = this.collections[after.collectionNo] as Exported;
			const page = await this.page(tx, collection, after);
			const written = page.rows.map((row) => lineOf(collection, row));
			lines.push(...written);
			size += written.reduce((sum, line) => sum + line.length, 0);
			const last = page.rows.at(-1);
			if (last) after.after = positionText(collection.order.map((field) => last[field]));
			if (!page.more) Object.assign(after, { collectionNo: after.collectionNo + 1, after: null });
		}
		after.entities += lines.length;
		after.bytes += size;
		return { after, lines };
	}

	private async page({ session }: InTransaction, { model, order, page = PAGE }: Exported, from: TenantExport) {
		const keys = order.map((key) => ({ key, direction: 1 as const }));
		const beyond = from.after === null ? null : { direction: "next" as const, values: positionValues(from.after) };
		const rows = await this.store
			.model(model as unknown as Model<{ _id: string }>)
			.find({ tenantId: from.tenantId, ...(beyond ? { $and: [behind(keys, beyond as never)] } : {}) } as never)
			.sort(Object.fromEntries(order.map((key) => [key, 1])))
			.limit(page)
			.session(session)
			.lean<Row[]>();
		return { rows, more: rows.length === page };
	}

	private async writeLines({ session }: InTransaction, progress: TenantExport, lines: Buffer[]): Promise<void> {
		if (lines.length === 0) return;
		const part: TenantExportPart = {
			_id: partId(progress._id, progress.parts),
			tenantId: progress.tenantId,
			part: progress.parts,
			data: gzipSync(Buffer.concat(lines), { level: 6 }).toString("base64"),
		};
		await this.store.model(tenantExportPartModel).create([part], { session });
		progress.parts++;
	}

	/** Removes some parts of an export, the last ones first, and at the end the export itself. */
	async drop(
		{ session }: InTransaction,
		tenantId: string,
		exportId: string,
	): Promise<{ removed: number; more: boolean }> {
		const rows = this.store.model(tenantExportModel);
		const progress = await rows.findOne({ _id: exportId, tenantId }).session(session).lean<TenantExport>();
		if (!progress) return { removed: 0, more: false };
		const first = Math.max(0, progress.parts - DROPPED_AT_ONCE);
		const ids = Array.from({ length: progress.parts - first }, (_, index) => partId(exportId, first + index));
		if (ids.length > 0) await this.store.model(tenantExportPartModel).deleteMany({ _id: { $in: ids } }, { session });
		if (first > 0) await rows.updateOne({ _id: exportId }, { $set: { parts: first, sha256: null } }, { session });
		else await rows.deleteOne({ _id: exportId }, { session });
		return { removed: ids.length, more: first > 0 };
	}

	/** A part of the finished export of a tenant. Throws 404 where there is none, 409 where it is not finished. */
	async read(tenantId: string, part: number): Promise<{ data: string; last: boolean }> {
		const [progress] = await this.store
			.model(tenantExportModel)
			.find({ tenantId })
			.sort({ _id: -1 })
			.limit(1)
			.lean<TenantExport[]>();
		if (!progress) throw notFound("export");
		if (progress.sha256 === null)
			throw new Problem(409, "conflict", "The export is still being written. Try again later.", {
				headers: { "Retry-After": "5" },
			});
		const row = await this.store
			.model(tenantExportPartModel)
			.findById(partId(progress._id, part))
			.lean<TenantExportPart>();
		return { data: row?.data ?? "", last: part >= progress.parts - 1 };
	}
}
