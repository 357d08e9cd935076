import type { ActionSchema } from "moleculer";
import type { Model as MongooseModel } from "mongoose";
import type { ParamsOf, ResultOf } from "../contracts/contract.ts";
import { eraseTracesOf } from "../contracts/customer-erasure.ts";
import { eventRedactor } from "../contracts/erased-events.ts";
import { type OutboxRow, publishedModel, type ReceiptRow, receiptModel } from "../models/outbox.ts";
import { type Saga, sagaModel } from "../models/saga.ts";
import { action, type CallContext } from "./action.ts";
import { eventOf } from "./outbox-rows.ts";
import type { Store } from "./store.ts";

/*
 * What a service keeps for a while beside its documents: answers of commands, events that it has published, sagas. Where
 * they mention somebody who is erased, they are emptied.
 */

/** Rows of one part. */
const CHUNK = 500;

type Contract = ReturnType<typeof eraseTracesOf>;
type Params = ParamsOf<Contract>;

/** Whether a text mentions one of the words, whatever its case. */
function mentions(words: readonly string[]): (text: string | undefined) => boolean {
	const wanted = words.map((word) => word.toLowerCase());
	return (text) => {
		const lower = text?.toLowerCase() ?? "";
		return wanted.some((word) => lower.includes(word));
	};
}

/** What names the person beyond doubt, wherever it stands. */
const certain = ({ people, identifiers }: Params) => [
	...people.map(({ id }) => id),
	...identifiers.addresses.filter((word) => word.includes("@")),
];

interface Dated {
	_id: string;
	tenantId?: string;
	createdAt: Date;
}

/** The next rows of a tenant in the order of their making. */
async function pageOf<T extends Dated>(
	model: MongooseModel<T>,
	tenantId: string,
	place: string | null,
	only: object = {},
): Promise<T[]> {
	const [at, id] = place === null ? [] : place.split("|");
	const after =
		at === undefined
			? {}
			: { $or: [{ createdAt: { $gt: new Date(at) } }, { createdAt: new Date(at), _id: { $gt: id } }] };
	return model
		.find({ tenantId, ...only, ...after } as never)
		.sort({ createdAt: 1, _id: 1 })
		.limit(CHUNK)
		.lean<T[]>();
}

const placeOf = (row: Dated) => `${row.createdAt.toISOString()}|${row._id}`;

async function forgetAnswers(store: Store, params: Params, place: string | null) {
	const rows = await pageOf(store.model(receiptModel), params.tenantId, place);
	const isMentioned = mentions(certain(params));
	const ids = rows.filter(({ result, gone }: ReceiptRow) => !gone && isMentioned(result)).map(({ _id }) => _id);
	if (ids.length > 0)
		await store
			.model(receiptModel)
			.updateMany({ _id: { $in: ids }, tenantId: params.tenantId }, { $set: { gone: true, result: "" } });
	return { count: ids.length, last: rows.length === CHUNK ? rows.at(-1) : undefined };
}

/**
 * Empties the kept answers of commands since an instant that name one of these ids, but for those of one action: a repeat
 * of such a command is answered 410 from then on.
 */
export async function forgetAnswersNaming(
	store: Store,
	{ tenantId, ids, since, but }: { tenantId: string; ids: readonly string[]; since: Date; but: string },
): Promise<void> {
	const rows = store.model(receiptModel);
	const isNamed = mentions(ids);
	for (let place: string | null = `${since.toISOString()}|`; place !== null; ) {
		const page: ReceiptRow[] = await pageOf(rows, tenantId, place);
		const named = page.filter(({ _id, result, gone }) => !gone && !_id.endsWith(` ${but}`) && isNamed(result));
		if (named.length > 0) {
			const $in = named.map(({ _id }) => _id);
			await rows.updateMany({ _id: { $in }, tenantId }, { $set: { gone: true, result: "" } });
		}
		place = page.length === CHUNK ? placeOf(page.at(-1) as ReceiptRow) : null;
	}
}

async function redactKept(store: Store, { tenantId, people, identifiers }: Params, place: string | null) {
	const redact = eventRedactor(
		people.map(({ id }) => id),
		identifiers,
	);
	const rows = store.model(publishedModel);
	const [subject, sequence, id] = place === null ? [] : place.split("|");
	const after =
		subject === undefined
			? {}
			: {
					$or: [
						{ subject: { $gt: subject } },
						{ subject, sequence: { $gt: Number(sequence) } },
						{ subject, sequence: Number(sequence), _id: { $gt: id } },
					],
				};
	const page = await rows
		.find({ tenantId, ...after } as never)
		.sort({ subject: 1, sequence: 1, _id: 1 })
		.limit(CHUNK)
		.lean<OutboxRow[]>();
	let count = 0;
	for (const row of page) {
		const event = redact(eventOf(row));
		if (!event) continue;
		await rows.updateOne({ _id: row._id, tenantId } as never, { $set: { event: JSON.stringify(event) } });
		count++;
	}
	const last = page.length === CHUNK ? page.at(-1) : undefined;
	return { count, next: last ? `${last.subject}|${last.sequence}|${last._id}` : null };
}

async function emptySagas(store: Store, params: Params, place: string | null) {
	if (!store.models.some(({ name }) => name === sagaModel.name)) return { count: 0, last: undefined };
	const { tenantId, sagaId } = params;
	const rows = await pageOf(store.model(sagaModel) as unknown as MongooseModel<Saga>, tenantId, place);
	const isMentioned = mentions(certain(params));
	const ids = rows
		.filter(({ _id, endedAt, state, error }) => {
			if (_id === sagaId || endedAt === null) return false;
			return isMentioned(`${state} ${JSON.stringify(error)}`) && state !== "{}";
		})
		.map(({ _id }) => _id);
	if (ids.length > 0)
		await store.model(sagaModel).updateMany({ _id: { $in: ids }, tenantId } as never, { $set: { state: "{}" } });
	return { count: ids.length, last: rows.length === CHUNK ? rows.at(-1) : undefined };
}

/** Events that wait in the outbox are rewritten on their way: here all that was committed is published first. */
async function eraseSome(store: Store, ctx: CallContext<Params>): Promise<ResultOf<Contract>> {
	const { params } = ctx;
	const none = { answers: 0, events: 0, sagas: 0 };
	const [kind = "answers", ...rest] = (params.after ?? "answers").split(" ");
	const place = rest.length > 0 ? rest.join(" ") : null;
	if (kind === "answers") {
		const { count, last } = await forgetAnswers(store, params, place);
		return { ...none, answers: count, next: last ? `answers ${placeOf(last)}` : "events" };
	}
	if (kind === "events") {
		if (place === null) await store.flush();
		const { count, next } = await redactKept(store, params, place);
		return { ...none, events: count, next: next ? `events ${next}` : "sagas" };
	}
	const { count, last } = await emptySagas(store, params, place);
	if (!last) await store.tidy();
	return { ...none, sagas: count, next: last ? `sagas ${placeOf(last)}` : null };
}

/** The action by which a service forgets what it keeps of somebody beside its documents. */
export function traceActions(store: Store): Record<string, ActionSchema> {
	return { eraseTraces: action(eraseTracesOf(store.service), (ctx) => eraseSome(store, ctx)) };
}
