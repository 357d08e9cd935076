import { type Connection, type Model as MongooseModel, Schema, type SchemaDefinition } from "mongoose";

/** What every stored aggregate has. Instants are UTC dates; `version` counts the committed changes from 1. */
export interface Entity {
	_id: string;
	tenantId: string;
	version: number;
	createdAt: Date;
	updatedAt: Date;
}

/** A collection's name and Mongoose schema; `T` is the shape of its documents. */
export interface Model<T extends { _id: string }> {
	name: string;
	schema: Schema;
	readonly types?: T;
}

type Index = Parameters<Schema["index"]>;

const IDENTITY: SchemaDefinition = {
	_id: { type: String, required: true },
	tenantId: { type: String, required: true },
	version: { type: Number, required: true },
	createdAt: { type: Date, required: true },
	updatedAt: { type: Date, required: true },
};

/** For collections that no other index walks tenant by tenant, as a tenant's end must. */
export const BY_TENANT: Index = [{ tenantId: 1, _id: 1 }, {}];

/** A collection of rows that are not aggregates: no version, no timestamps unless the definition names them. */
export function defineRows<T extends { _id: string }>(
	name: string,
	definition: SchemaDefinition,
	indexes: Index[] = [],
): Model<T> {
	const schema = new Schema(
		{ _id: { type: String, required: true }, ...definition },
		{ collection: name, versionKey: false, strict: "throw", strictQuery: "throw", minimize: false },
	);
	for (const [fields, options] of indexes) schema.index(fields, options);
	return { name, schema };
}

/** A collection of aggregates of tenants. Unknown fields are refused, in documents and in filters. */
export function defineModel<T extends Entity>(name: string, definition: SchemaDefinition, indexes: Index[]): Model<T> {
	return defineRows<T>(name, { ...IDENTITY, ...definition }, indexes) as Model<T>;
}

/** The Mongoose model of a collection on a connection; made when it is first asked for, with its indexes. */
export function compiled<T extends { _id: string }>(
	connection: Connection,
	{ name, schema }: Model<T>,
): MongooseModel<T> {
	return (connection.models[name] ?? connection.model(name, schema)) as MongooseModel<T>;
}
