import { defineRows } from "./model.ts";

/** How far the export of a tenant's partition is. `_id` is the saga that off-boards the tenant. */
export interface TenantExport {
	_id: string;
	tenantId: string;
	/** the collection that is being written, counted from 0; as many as there are at the end */
	collectionNo: number;
	/** the sort values of its last entity that was written, as Extended JSON; null at its beginning */
	after: string | null;
	parts: number;
	entities: number;
	bytes: number;
	/** the state of the SHA-256 over everything written so far, base64 */
	hash: string;
	/** hex, once everything is written */
	sha256: string | null;
	createdAt: Date;
}

export const tenantExportModel = defineRows<TenantExport>(
	"tenant_exports",
	{
		tenantId: { type: String, required: true },
		collectionNo: { type: Number, required: true },
		after: { type: String, default: null },
		parts: { type: Number, required: true },
		entities: { type: Number, required: true },
		bytes: { type: Number, required: true },
		hash: { type: String, required: true },
		sha256: { type: String, default: null },
		createdAt: { type: Date, required: true },
	},
	[[{ tenantId: 1, _id: 1 }, {}]],
);

/** Some lines of an export, gzip and base64. `_id` is the export and the number of the part. */
export interface TenantExportPart {
	_id: string;
	tenantId: string;
	part: number;
	data: string;
}

export const tenantExportPartModel = defineRows<TenantExportPart>(
	"tenant_export_parts",
	{
		tenantId: { type: String, required: true },
		part: { type: Number, required: true },
		data: { type: String, required: true },
	},
	[[{ tenantId: 1, part: 1, _id: 1 }, {}]],
);
