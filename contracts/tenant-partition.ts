import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Nullable } from "./fields.ts";

/*
 * What every service that holds something of tenants does for their beginning and their end. Its part of a tenant is
 * called the tenant's partition.
 */

/** The services that prepare something for a new tenant. */
export const PREPARING = ["customers", "tickets", "knowledge-base", "dashboard"] as const;
export type Preparing = (typeof PREPARING)[number];

/** The services whose documents are the tenant's own, as against those that are derived from them. */
export const EXPORTING = ["identity", "customers", "tickets", "knowledge-base"] as const;
export type Exporting = (typeof EXPORTING)[number];

/** The services that hold something of tenants, in the order in which they are purged: who people are comes last. */
export const PARTITIONED = [
	"tickets",
	"customers",
	"knowledge-base",
	"search",
	"dashboard",
	"gateway",
	"identity",
] as const;
export type Partitioned = (typeof PARTITIONED)[number];

/** The names of the actions, below a service's own name. */
export const PARTITION_ACTIONS = {
	open: "openPartition",
	close: "closePartition",
	exportPart: "exportPartition",
	readExport: "readExport",
	dropExport: "dropExport",
	purge: "purgePartition",
	count: "countPartition",
} as const;

/** A new tenant, as far as the services must know it. */
export const NewTenant = strict({
	slug: Type.String(),
	name: Type.String(),
	locale: Type.String(),
	locales: Type.Array(Type.String()),
	timeZone: Type.String(),
});
export type NewTenant = Static<typeof NewTenant>;

const OfSaga = { tenantId: Id, sagaId: Id };

/** Prepares what a new tenant needs of the service. Idempotent. Throws 4xx where it cannot have the tenant. */
export const openPartitionOf = (service: Preparing) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.open}`,
		access: "internal",
		summary: "Prepare what a new tenant needs",
		body: strict({ ...OfSaga, tenant: NewTenant }),
		result: Type.Object({ made: Type.Integer() }),
	});

/** Removes what was prepared for a tenant that was not provisioned after all. */
export const closePartitionOf = (service: Preparing) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.close}`,
		access: "internal",
		summary: "Remove what was prepared for a tenant that is not to be",
		body: strict(OfSaga),
		result: Type.Object({ removed: Type.Integer(), more: Type.Boolean() }),
	});

/** How far the export of a partition is. `sha256` is that of all lines but the last one, once it is done. */
export const ExportProgress = Type.Object({
	done: Type.Boolean(),
	entities: Type.Integer(),
	bytes: Type.Integer(),
	sha256: Nullable(Type.String()),
});

/** Writes the next part of the export of a tenant's partition: one entity a line. To be called until it is done. */
export const exportPartitionOf = (service: Exporting) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.exportPart}`,
		access: "internal",
		summary: "Write the next part of a tenant's export",
		body: strict(OfSaga),
		result: ExportProgress,
	});

/**
 * A part of a tenant's finished export, counted from 0: some of its lines, compressed. Throws 404 where the tenant has
 * none, 409 `conflict` where it is not finished.
 */
export const readExportOf = (service: Exporting) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.readExport}`,
		access: "internal",
		summary: "A part of a tenant's export",
		body: strict({ tenantId: Id, part: Type.Integer({ minimum: 0 }) }),
		result: Type.Object({
			/** gzip, base64; empty where the export has no such part */
			data: Type.String(),
			last: Type.Boolean(),
		}),
	});

/** Removes some of a tenant's export, because the tenant stays. */
export const dropExportOf = (service: Exporting) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.dropExport}`,
		access: "internal",
		summary: "Remove a tenant's export",
		body: strict(OfSaga),
		result: Type.Object({ removed: Type.Integer(), more: Type.Boolean() }),
	});

/** Removes some of all that the service holds of a tenant, for ever. `removed` says how many of each collection. */
export const purgePartitionOf = (service: Partitioned) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.purge}`,
		access: "internal",
		summary: "Remove what the service holds of a tenant",
		body: strict(OfSaga),
		result: Type.Object({ removed: Type.Record(Type.String(), Type.Integer()), more: Type.Boolean() }),
	});

/** The same on the one copy of the search service that is asked: each has an index of its own. */
export const purgeIndexHere = defineAction({
	name: "search.purgeIndexHere",
	access: "internal",
	summary: "Remove what this copy of the index holds of a tenant",
	body: strict({ tenantId: Id }),
	result: Type.Object({ removed: Type.Record(Type.String(), Type.Integer()), more: Type.Boolean() }),
});

export const countIndexHere = defineAction({
	name: "search.countIndexHere",
	access: "internal",
	summary: "How much this copy of the index holds of a tenant",
	body: strict({ tenantId: Id }),
	result: Type.Object({ counts: Type.Record(Type.String(), Type.Integer()) }),
});

/** How much the service holds of a tenant: a number for each of its collections, also where it is 0. */
export const countPartitionOf = (service: Partitioned) =>
	defineAction({
		name: `${service}.${PARTITION_ACTIONS.count}`,
		access: "internal",
		summary: "How much the service holds of a tenant",
		body: strict(OfSaga),
		result: Type.Object({ counts: Type.Record(Type.String(), Type.Integer()) }),
	});
