import type { ActionSchema } from "moleculer";
import {
	type DeadLetterShape,
	discardDeadLetter,
	getDeadLetter,
	listDeadLetters,
	replayDeadLetter,
} from "../../contracts/operations.ts";
import { decodeCursor, encodeCursor } from "../../lib/cursor.ts";
import type { DeadLetter, EventLog } from "../../lib/event-log.ts";
import type { ListParams, Page } from "../../lib/list-query.ts";
import { notFound } from "../../lib/problem.ts";
import { action } from "../../mixins/action.ts";
import { cursorBinding } from "../../mixins/keyset.ts";
import { operatorOf } from "./operator.ts";

const DEFAULT_LIMIT = 25;
const COUNT_LIMIT = 10_000;
const COUNT_PAGE = 500;

/** Dead letters of one tenant, or of all where none is named. */
interface Wanted {
	group?: string;
	tenantId?: string;
}

function view({ id, group, event, error, attempts, firstFailedAt, lastFailedAt }: DeadLetter): DeadLetterShape {
	const { tenantId, type, subject } = event;
	return { id: String(id), group, tenantId, type, subject, error, attempts, firstFailedAt, lastFailedAt };
}

async function count(events: EventLog, wanted: Wanted) {
	let total = 0;
	for (let after = 0; total <= COUNT_LIMIT; ) {
		const page = await events.deadLetters.list({ ...wanted, after, limit: COUNT_PAGE });
		total += page.length;
		if (page.length < COUNT_PAGE) return total;
		after = page.at(-1)?.id ?? 0;
	}
	return { value: COUNT_LIMIT, relation: "gte" as const };
}

const EMPTY = { nextCursor: null, prevCursor: null, hasMore: false };

/** A page of the dead letters that an operator sees; `own` is the operator's tenant, null for the platform. */
async function pageOf(
	events: EventLog,
	own: string | null,
	params: ListParams,
	secret: string,
): Promise<Page<DeadLetterShape>> {
	const { filter = {}, limit = DEFAULT_LIMIT, cursor } = params;
	const [group, asked] = [filter.group?.eq, filter.tenant?.eq] as [string | undefined, string | undefined];
	const binding = cursorBinding(["dead-letters", own, filter]);
	const after = cursor === undefined ? 0 : (decodeCursor(cursor, binding, secret).values[0] as number);
	const total = params.count ? { total: 0 } : {};
	if (own !== null && asked !== undefined && asked !== own) return { data: [], page: { ...EMPTY, limit, ...total } };
	const tenantId = own ?? asked;
	const wanted = { ...(group === undefined ? {} : { group }), ...(tenantId === undefined ? {} : { tenantId }) };
	const found = await events.deadLetters.list({ ...wanted, after, limit: limit + 1 });
	const data = found.slice(0, limit);
	const hasMore = found.length > limit;
	const nextCursor = hasMore ? encodeCursor({ direction: "next", values: [data.at(-1)?.id] }, binding, secret) : null;
	return {
		data: data.map(view),
		page: { ...EMPTY, nextCursor, hasMore, limit, ...(params.count ? { total: await count(events, wanted) } : {}) },
	};
}

/** A dead letter that the operator sees. @throws 404 for one of another tenant as for none */
async function find(events: EventLog, own: string | null, id: string): Promise<DeadLetter> {
	const letter = /^[1-9]\d{0,14}$/.test(id) ? await events.deadLetters.get(Number(id)) : null;
	if (!letter || (own !== null && letter.event.tenantId !== own)) throw notFound("dead letter");
	return letter;
}

/** The actions on events that a consumer gave up. `secret` seals the cursors. */
export function deadLetterActions(events: EventLog, secret: () => string): Record<string, ActionSchema> {
	return {
		listDeadLetters: action(listDeadLetters, (ctx) => pageOf(events, operatorOf(ctx), ctx.params, secret())),
		getDeadLetter: action(getDeadLetter, async (ctx) => {
			const letter = await find(events, operatorOf(ctx), ctx.params.id);
			return { ...view(letter), event: letter.event };
		}),
		replayDeadLetter: action(replayDeadLetter, async (ctx) => {
			const letter = await find(events, operatorOf(ctx), ctx.params.id);
			if (!(await events.deadLetters.replay(letter.id))) throw notFound("dead letter");
			return view(letter);
		}),
		discardDeadLetter: action(discardDeadLetter, async (ctx) => {
			const letter = await find(events, operatorOf(ctx), ctx.params.id);
			if (!(await events.deadLetters.discard(letter.id))) throw notFound("dead letter");
			return view(letter);
		}),
	};
}
