import type { Model as MongooseModel } from "mongoose";
import type { ParamsOf } from "../contracts/contract.ts";
import type { listSagasOf } from "../contracts/sagas.ts";
import type { SortKey } from "../lib/list-query.ts";
import type { Saga } from "../models/saga.ts";
import { behind, type Filter, mongoSort } from "./keyset.ts";

/** Newest first. */
export const SAGA_ORDER: readonly SortKey[] = [
	{ key: "createdAt", direction: -1 },
	{ key: "_id", direction: -1 },
];

/** Counted no further than this. */
const COUNTED = 10_001;

type ListRequest = ParamsOf<ReturnType<typeof listSagasOf>>;

/** The sagas that a request asks for, in the order of the list, and whether there are more beyond them. */
export async function pageOfSagas(
	sagas: MongooseModel<Saga>,
	request: ListRequest,
): Promise<{ rows: Saga[]; more: boolean; total?: number }> {
	const { tenantId, position, limit } = request;
	const where: Filter = tenantId === null ? {} : { tenantId };
	for (const field of ["type", "status", "subject"] as const) {
		const values = request[field];
		if (values) where[field] = values.length === 1 ? values[0] : { $in: values };
	}
	const isBackwards = position?.direction === "prev";
	const beyond = position
		? behind(SAGA_ORDER, {
				values: [new Date(position.createdAt), position.id],
				direction: position.direction,
			})
		: {};
	const found = await sagas
		.find({ ...where, ...beyond } as never)
		.sort(mongoSort(SAGA_ORDER, isBackwards))
		.limit(limit + 1)
		.lean<Saga[]>();
	const rows = found.slice(0, limit);
	const page = { rows: isBackwards ? rows.reverse() : rows, more: found.length > limit };
	return request.count ? { ...page, total: await sagas.countDocuments(where as never, { limit: COUNTED }) } : page;
}
