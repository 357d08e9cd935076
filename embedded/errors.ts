import mongoose from "mongoose";

const { MongoServerError } = mongoose.mongo;

/**
 * Thrown for every operator, option or value that MongoDB knows and this store does not.
 * Nothing unknown is ever skipped: a query either means what it means in MongoDB or fails with this error.
 */
export class UnsupportedByEmbeddedStore extends Error {
	readonly feature: string;

	/** @param feature the operator or option as the caller wrote it, such as `$where` or `collation`. */
	constructor(feature: string, hint?: string) {
		super(`The embedded store does not support ${feature}${hint ? `: ${hint}` : ""}`);
		this.name = "UnsupportedByEmbeddedStore";
		this.feature = feature;
	}
}

/** Thrown in strict mode for a query that no index serves. Carries what is needed to declare the missing index. */
export class UnindexedQuery extends Error {
	readonly filter: unknown;
	readonly sort: unknown;

	constructor(collection: string, reason: string, filter: unknown, sort: unknown) {
		super(`Unindexed query on "${collection}" (${reason}): filter ${show(filter)}, sort ${show(sort ?? null)}`);
		this.name = "UnindexedQuery";
		this.filter = filter;
		this.sort = sort;
	}
}

function show(value: unknown): string {
	return JSON.stringify(value, (_key, item) => (item instanceof RegExp ? String(item) : item));
}

/** MongoDB's error codes, by the names its manual gives them. */
export const codes = {
	BadValue: 2,
	FailedToParse: 9,
	TypeMismatch: 14,
	LockTimeout: 24,
	NamespaceNotFound: 26,
	IndexNotFound: 27,
	PathNotViable: 28,
	ConflictingUpdateOperators: 40,
	NamespaceExists: 48,
	DollarPrefixedFieldName: 52,
	InvalidIdField: 53,
	NotSingleValueField: 54,
	ImmutableField: 66,
	InvalidOptions: 72,
	IndexOptionsConflict: 85,
	IndexKeySpecsConflict: 86,
	CannotCreateIndex: 67,
	CannotIndexParallelArrays: 171,
	NoSuchTransaction: 251,
	BSONObjectTooLarge: 10334,
	DuplicateKey: 11000,
} as const;

/** An error as the MongoDB driver would give it: a `MongoServerError` with `code` and `codeName`. */
export function serverError(
	codeName: keyof typeof codes,
	message: string,
	extra: Record<string, unknown> = {},
): mongoose.mongo.MongoServerError {
	return new MongoServerError({ message, errmsg: message, code: codes[codeName], codeName, ...extra });
}

/** The error of a violated unique index (E11000), with the `keyPattern` and `keyValue` callers look at. */
export function duplicateKeyError(
	namespace: string,
	indexName: string,
	keyPattern: Record<string, unknown>,
	keyValue: Record<string, unknown>,
): mongoose.mongo.MongoServerError {
	const message = `E11000 duplicate key error collection: ${namespace} index: ${indexName} dup key: ${show(keyValue)}`;
	return serverError("DuplicateKey", message, { index: 0, keyPattern, keyValue });
}

/** Gives the error the label on which `withTransaction` starts the whole transaction again. */
export function asTransient(error: mongoose.mongo.MongoServerError): mongoose.mongo.MongoServerError {
	error.addErrorLabel("TransientTransactionError");
	return error;
}
