import { isDeepStrictEqual } from "node:util";
import type { ClientSession, Model as MongooseModel } from "mongoose";
import type { ListParams, ListSpec, Page } from "../lib/list-query.ts";
import { notFound, Problem } from "../lib/problem.ts";
import type { Entity } from "../models/model.ts";
import { mapStoreError } from "./adapter.ts";
import {
	behind,
	conditionFilters,
	cursorAt,
	cursorBinding,
	type Filter,
	mongoSort,
	offsetOf,
	positionOf,
	sortKeys,
} from "./keyset.ts";
import { isKnown, isUnknownField, knownOnly } from "./newer-fields.ts";

/** The tenant and what of it the caller may see. No query is made without one. */
export interface Scope {
	readonly tenantId: string;
	/** rows outside this filter do not exist for the caller */
	readonly filter?: Filter;
}

/** Thrown when somebody else changed the document first; a commit is then tried again from its start. */
export class VersionConflict extends Error {
	override name = "VersionConflict";
}

/** What a repository needs of an open transaction. */
export interface InTransaction {
	readonly session: ClientSession;
	readonly now: Date;
}

const COUNT_LIMIT = 10_000;
const DEFAULT_LIMIT = 25;

/**
 * One collection of a service. Reads give plain objects; every query carries the tenant and the caller's scope filter;
 * writes happen in a transaction, and changes compare-and-set on `version`.
 */
export class Repository<T extends Entity> {
	private readonly what: string;
	private readonly model: () => MongooseModel<T>;
	private readonly cursorKey: () => string;

	constructor(options: { what: string; model: () => MongooseModel<T>; cursorKey: () => string }) {
		this.what = options.what;
		this.model = options.model;
		this.cursorKey = options.cursorKey;
	}

	private where(scope: Scope, ...filters: Filter[]): Filter {
		if (!scope.tenantId) throw new Error("a query without a tenant was refused");
		// Side by side where they can be: not every MongoDB looks into `$and` for the index to take.
		const where: Filter = { tenantId: scope.tenantId };
		const rest: Filter[] = [];
		for (const filter of scope.filter ? [...filters, scope.filter] : filters)
			if (Object.keys(filter).some((key) => key === "$and" || key in where)) rest.push(filter);
			else Object.assign(where, filter);
		return rest.length === 0 ? where : { ...where, $and: rest };
	}

	private query(filter: Filter, tx?: InTransaction) {
		// Conditions are built from validated values and our own operators, which sanitizing would undo.
		return this.model()
			.find(filter as never)
			.session(tx?.session ?? null)
			.lean<T[]>();
	}

	/** The document with this id, or null where it is not in the scope. */
	async get(scope: Scope, id: string, tx?: InTransaction): Promise<T | null> {
		const [row] = await this.query(this.where(scope, { _id: id }), tx).limit(1);
		return row ?? null;
	}

	/** The document with this id. Throws 404 where it is not in the scope. */
	async require(scope: Scope, id: string, tx?: InTransaction): Promise<T> {
		const row = await this.get(scope, id, tx);
		if (!row) throw notFound(this.what);
		return row;
	}

	/** The documents of a filter that an index serves, at most `limit` (100 unless told). */
	async find(
		scope: Scope,
		filter: Filter,
		options: { sort?: Record<string, 1 | -1>; limit?: number; tx?: InTransaction } = {},
	): Promise<T[]> {
		const query = this.query(this.where(scope, filter), options.tx).limit(options.limit ?? 100);
		return options.sort ? query.sort(options.sort) : query;
	}

	/** How many documents match, counted no further than `limit`. */
	async count(scope: Scope, filter: Filter, limit: number): Promise<number> {
		return this.model().countDocuments(this.where(scope, filter) as never, { limit });
	}

	/**
	 * One page of a list. Throws 400 for a sort or cursor that does not belong to it and for numbered pages too deep.
	 * `extra` is a fixed part of the list itself, such as the tickets of one customer.
	 */
	async list(scope: Scope, spec: ListSpec, params: ListParams, extra: Filter[] = []): Promise<Page<T>> {
		return this.page(scope, spec, params, extra, false);
	}

	/** The last rows of a list in its default order, with the cursor to those before them. */
	async lastPage(scope: Scope, spec: ListSpec, limit: number): Promise<Page<T>> {
		return this.page(scope, spec, { limit }, [], true);
	}

	private async page(
		scope: Scope,
		spec: ListSpec,
		params: ListParams,
		extra: Filter[],
		fromEnd: boolean,
	): Promise<Page<T>> {
		const limit = params.limit ?? DEFAULT_LIMIT;
		const keys = sortKeys(spec, params.sort);
		const filters = [...extra, ...conditionFilters(spec, params.filter)];
		const binding = cursorBinding([this.what, scope, filters, keys]);
		const position = positionOf(params, binding, this.cursorKey(), keys.length);
		const backwards = fromEnd || position?.direction === "prev";
		const where = this.where(scope, ...filters, ...(position ? [behind(keys, position)] : []));
		const skip = position ? 0 : offsetOf(params, limit);
		const found = await this.query(where)
			.sort(mongoSort(keys, backwards))
			.skip(skip)
			.limit(limit + 1);
		const more = found.length > limit;
		const data = backwards ? found.slice(0, limit).reverse() : found.slice(0, limit);
		const at = (row: T | undefined, direction: "next" | "prev") =>
			row ? cursorAt(row, keys, direction, binding, this.cursorKey()) : null;
		const hasNext = backwards ? !fromEnd : more;
		const hasPrevious = backwards ? more : position !== null || skip > 0;
		return {
			data,
			page: {
				nextCursor: hasNext ? at(data.at(-1), "next") : null,
				prevCursor: hasPrevious ? at(data[0], "prev") : null,
				hasMore: hasNext && data.length > 0,
				limit,
				...(params.count ? { total: await this.total(scope, filters) } : {}),
			},
		};
	}

	private async total(scope: Scope, filters: Filter[]): Promise<number | { value: number; relation: "gte" }> {
		const counted = await this.model().countDocuments(this.where(scope, ...filters) as never, {
			limit: COUNT_LIMIT + 1,
		});
		return counted > COUNT_LIMIT ? { value: COUNT_LIMIT, relation: "gte" } : counted;
	}

	/** Writes a new document as version 1. Throws 409 `duplicate` where a unique index is broken. */
	async create(tx: InTransaction, fields: Omit<T, "version" | "createdAt" | "updatedAt">): Promise<T> {
		const document = { ...fields, version: 1, createdAt: tx.now, updatedAt: tx.now };
		try {
			await this.model().create([document as never], { session: tx.session });
		} catch (error) {
			throw mapStoreError(error);
		}
		return document as unknown as T;
	}

	/**
	 * Writes what differs between the document as loaded and as it shall be, when nobody changed it in between, and
	 * counts its version up. Returns the new document; an unchanged one is returned as it is, without a write.
	 * @throws VersionConflict when somebody was faster
	 */
	async update(tx: InTransaction, before: T, after: T): Promise<T> {
		const $set: Record<string, unknown> = {};
		const $unset: Record<string, 1> = {};
		for (const key of new Set([...Object.keys(before), ...Object.keys(after)]) as Set<keyof T & string>) {
			if (["_id", "tenantId", "version", "createdAt", "updatedAt"].includes(key)) continue;
			if (isDeepStrictEqual(before[key], after[key])) continue;
			if (after[key] !== undefined) $set[key] = after[key];
			// What only a newer version of the product knows stays, also where somebody made `after` without it.
			else if (isKnown(this.model().schema, key)) $unset[key] = 1;
		}
		if (Object.keys($set).length + Object.keys($unset).length === 0) return before;
		const version = before.version + 1;
		Object.assign($set, { version, updatedAt: tx.now });
		const filter = { _id: before._id, tenantId: before.tenantId, version: before.version };
		const update = { $set, ...(Object.keys($unset).length > 0 ? { $unset } : {}) };
		try {
			const matched = await this.write(tx, filter, update, before);
			if (matched === 0) throw new VersionConflict(`${this.what} ${before._id} changed meanwhile`);
		} catch (error) {
			throw mapStoreError(error);
		}
		return { ...after, version, updatedAt: tx.now };
	}

	/**
	 * Writes a change with the schema's checks. A value that holds fields of a newer version of the product, which Mongoose
	 * would refuse, is checked without them and written with them.
	 */
	private async write(tx: InTransaction, filter: object, update: { $set: object }, before: T): Promise<number> {
		const model = this.model();
		const { session } = tx;
		try {
			const { matchedCount } = await model.updateOne(filter as never, update as never, {
				session,
				runValidators: true,
			});
			return matchedCount;
		} catch (error) {
			const known = knownOnly(model.schema, before as never);
			// Ours, and not there before: a mistake.
			if (!isUnknownField(error) || isDeepStrictEqual(known, before)) throw error;
		}
		await new model(knownOnly(model.schema, update.$set as never)).validate(Object.keys(update.$set));
		const { matchedCount } = await model.collection.updateOne(filter as never, update as never, { session });
		return matchedCount;
	}

	/** Removes the document as loaded. @throws VersionConflict when somebody changed it in between */
	async remove(tx: InTransaction, before: T): Promise<void> {
		const { deletedCount } = await this.model().deleteOne(
			{ _id: before._id, tenantId: before.tenantId, version: before.version } as never,
			{ session: tx.session },
		);
		if (deletedCount === 0) throw new VersionConflict(`${this.what} ${before._id} changed meanwhile`);
	}
}

/** Throws 412 where the client's `If-Match` names another version than the document has. */
export function checkVersion(entity: Entity, ifVersion: number | undefined): void {
	if (ifVersion !== undefined && ifVersion !== entity.version)
		throw new Problem(412, "precondition_failed", "The resource has changed since you read it.", {
			headers: { ETag: `"v${entity.version}"` },
		});
}

/** Whether the same work is worth another try: somebody was faster, or wrote the same receipt or inbox row. */
export function isRace(error: unknown): boolean {
	if (error instanceof VersionConflict) return true;
	const { code, keyPattern, message } = error as { code?: number; keyPattern?: object; message?: string };
	return code === 11000 && !!keyPattern && "_id" in keyPattern && /receipts|inbox/.test(message ?? "");
}
