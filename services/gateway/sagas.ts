import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import {
	getSaga,
	getSagaOf,
	listSagas,
	listSagasOf,
	resumeSaga,
	resumeSagaOf,
	SAGA_HOSTS,
	type SagaPage,
	type SagaViewShape,
} from "../../contracts/sagas.ts";
import { type CursorPosition, decodeCursor, encodeCursor } from "../../lib/cursor.ts";
import type { Condition, ListParams } from "../../lib/list-query.ts";
import { isProblem, notFound, Problem } from "../../lib/problem.ts";
import { action, type CallContext, call } from "../../mixins/action.ts";
import { cursorBinding } from "../../mixins/keyset.ts";

/*
 * Each service that runs sagas keeps its own. Here they are one list: every host is asked for a page of the same order,
 * and the pages are merged.
 */

type HostRequest = ParamsOf<ReturnType<typeof listSagasOf>>;
type Host = (typeof SAGA_HOSTS)[number];

const DEFAULT_LIMIT = 25;
const COUNT_LIMIT = 10_000;

/** The tenant of whoever asks; null for the platform, which means all of them. */
function tenantOf(ctx: CallContext): string | null {
	const { caller } = ctx.meta;
	if (caller?.tenant) return caller.tenant.id;
	if (caller?.kind === "platform") return null;
	throw new Problem(403, "forbidden", "This is for the people of a tenant and the platform.");
}

/** What each host answers; the names of those that do not. Their own problems are thrown on, but for 404 (null). */
async function askHosts<R>(ask: (host: Host) => Promise<R>): Promise<{ answers: (R | null)[]; missing: Host[] }> {
	const missing: Host[] = [];
	const answers = await Promise.all(
		SAGA_HOSTS.map((host) =>
			ask(host).catch((error: unknown) => {
				if (!isProblem(error)) missing.push(host);
				else if (error.code !== 404) throw error;
				return null;
			}),
		),
	);
	return { answers, missing: missing.sort() };
}

const values = (condition: Condition | undefined): string[] | undefined =>
	(condition?.in as string[] | undefined) ?? (condition && "eq" in condition ? [condition.eq as string] : undefined);

const newestFirst = (a: SagaViewShape, b: SagaViewShape) =>
	a.startedAt === b.startedAt ? (a.id < b.id ? 1 : -1) : a.startedAt < b.startedAt ? 1 : -1;

function hostRequest(tenantId: string | null, params: ListParams, position: CursorPosition | null): HostRequest {
	const { filter = {}, limit = DEFAULT_LIMIT, count } = params;
	const conditions = Object.fromEntries(
		(["type", "status", "subject"] as const)
			.map((name) => [name, values(filter[name])] as const)
			.filter(([, wanted]) => wanted !== undefined),
	);
	const [createdAt, id] = (position?.values ?? []) as [string, string];
	return {
		tenantId,
		...conditions,
		limit,
		...(position ? { position: { createdAt, id, direction: position.direction } } : {}),
		...(count ? { count } : {}),
	};
}

/** The tenant whose sagas a request means; undefined where it names one that the caller sees nothing of. */
function tenantAsked(ctx: CallContext, params: ListParams): string | null | undefined {
	const own = tenantOf(ctx);
	const asked = params.filter?.tenant?.eq as string | undefined;
	if (asked === undefined) return own;
	return own === null || own === asked ? asked : undefined;
}

const NOTHING: SagaPage = {
	data: [],
	page: { nextCursor: null, prevCursor: null, hasMore: false, limit: DEFAULT_LIMIT },
	degraded: false,
	missing: [],
};

function totalOf(answers: readonly ({ total?: number } | null)[]) {
	const total = answers.reduce((sum, answer) => sum + (answer?.total ?? 0), 0);
	return total > COUNT_LIMIT ? { value: COUNT_LIMIT, relation: "gte" as const } : total;
}

async function pageOf(ctx: CallContext<ListParams>, secret: string): Promise<SagaPage> {
	const { params } = ctx;
	const { limit = DEFAULT_LIMIT } = params;
	const tenantId = tenantAsked(ctx, params);
	const binding = cursorBinding(["sagas", tenantOf(ctx), params.filter ?? {}]);
	const position = params.cursor === undefined ? null : decodeCursor(params.cursor, binding, secret);
	if (tenantId === undefined) return { ...NOTHING, page: { ...NOTHING.page, limit } };
	const request = hostRequest(tenantId, params, position);
	const { answers, missing } = await askHosts((host) => call(ctx, listSagasOf(host), request));
	const found = answers.flatMap((answer) => answer?.data ?? []).sort(newestFirst);
	const isBackwards = position?.direction === "prev";
	const data = isBackwards ? found.slice(-limit) : found.slice(0, limit);
	const more = found.length > limit || answers.some((answer) => answer?.more);
	const at = (saga: SagaViewShape | undefined, direction: CursorPosition["direction"]) =>
		saga ? encodeCursor({ direction, values: [saga.startedAt, saga.id] }, binding, secret) : null;
	const hasMore = data.length > 0 && (isBackwards || more);
	return {
		data,
		page: {
			nextCursor: hasMore ? at(data.at(-1), "next") : null,
			prevCursor: (isBackwards ? more : position !== null) ? at(data[0], "prev") : null,
			hasMore,
			limit,
			...(params.count ? { total: totalOf(answers) } : {}),
		},
		degraded: missing.length > 0,
		missing,
	};
}

/** A saga and the service that runs it. Throws 404 where no host knows it, 503 where one that might does not answer. */
async function find(ctx: CallContext<{ id: string }>): Promise<{ host: Host; saga: SagaViewShape }> {
	const tenantId = tenantOf(ctx);
	const { id } = ctx.params;
	const { answers, missing } = await askHosts(async (host) => ({
		host,
		saga: await call(ctx, getSagaOf(host), { tenantId, id }),
	}));
	const found = answers.find((answer) => answer !== null);
	if (found) return found;
	if (missing.length === 0) throw notFound("saga");
	throw new Problem(503, "unavailable", `It may be one of ${missing.join(", ")}, which cannot be reached right now.`, {
		headers: { "Retry-After": "2" },
	});
}

/** The actions behind `/api/sagas`; `secret` seals the cursors. */
export function sagaActions(secret: () => string): Record<string, ActionSchema> {
	return {
		listSagas: action(listSagas, async (ctx) => pageOf(ctx, secret())),
		getSaga: action(getSaga, async (ctx) => (await find(ctx)).saga),
		resumeSaga: action(resumeSaga, async (ctx) => {
			const { host } = await find(ctx);
			return call(ctx, resumeSagaOf(host), { tenantId: tenantOf(ctx), id: ctx.params.id });
		}),
	};
}
