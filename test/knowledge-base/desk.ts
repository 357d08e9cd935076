import type { ServiceSchema } from "moleculer";
import type { Caller, CallerTenant } from "../../contracts/caller.ts";
import type { ResultOf } from "../../contracts/contract.ts";
import { createArticle } from "../../contracts/knowledge-base.ts";
import { createCategory } from "../../contracts/knowledge-base-categories.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { Problem } from "../../lib/problem.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import knowledgeBaseService from "../../services/knowledge-base/knowledge-base.service.ts";
import { startBroker, type TestBroker } from "../support/broker.ts";
import { customer, staff, tenant } from "../support/callers.ts";
import { type ManualClock, manualClock } from "../support/manual-clock.ts";

type Article = ResultOf<typeof createArticle>;
type Category = ResultOf<typeof createCategory>;

/** The knowledge base alone on a broker, with two tenants and everybody who may come by in the first. */
export interface KnowledgeBaseDesk extends TestBroker {
	clock: ManualClock;
	home: CallerTenant;
	as: Record<"owner" | "supervisor" | "agent" | "publisher" | "viewer" | "customer" | "visitor" | "stranger", Caller>;
	/** the events about an article, oldest first, when there are as many as told */
	eventsOf(id: string, count: number): Promise<DomainEvent<Record<string, unknown>>[]>;
	/** an article of the owner's, published unless told */
	article(fields?: object, caller?: Caller): Promise<Article>;
	category(fields?: object): Promise<Category>;
}

let counter = 0;

/** Somebody who has not signed in. */
export function visitor(of: CallerTenant): Caller {
	return { ...staff(of, "viewer"), kind: "anonymous", id: "anonymous", name: "Visitor", email: null, role: null };
}

export async function knowledgeBaseDesk(
	others: ((runtime: Runtime) => ServiceSchema)[] = [],
): Promise<KnowledgeBaseDesk> {
	const clock = manualClock();
	const broker = await startBroker([knowledgeBaseService, ...others], { clock });
	const home = tenant();
	const as = {
		owner: staff(home, "owner"),
		supervisor: staff(home, "supervisor"),
		agent: staff(home, "agent"),
		publisher: staff({ ...home, settings: { ...home.settings, agentsMayPublish: true } }, "agent"),
		viewer: staff(home, "viewer"),
		customer: customer(home, "c1"),
		visitor: visitor(home),
		stranger: staff(tenant(), "owner"),
	};
	return {
		...broker,
		clock,
		home,
		as,
		eventsOf: (id, count) =>
			until(
				async () =>
					(await broker.runtime.events.read({ limit: 10_000 }))
						.map(({ event }) => event as DomainEvent<Record<string, unknown>>)
						.filter((event) => event.subject === `article/${id}`),
				(found) => found.length >= count,
			),
		article: (fields = {}, caller = as.owner) =>
			broker.call(
				createArticle,
				{ title: `Article ${counter++}`, body: "Some **text**.", status: "published", ...fields } as never,
				caller,
			),
		category: (fields = {}) => broker.call(createCategory, { name: `Category ${counter++}`, ...fields }, as.owner),
	};
}

/** The problem that a call is refused with, as `409 conflict`. */
export async function refusal(call: Promise<unknown>): Promise<string> {
	const { code, type } = await problemOf(call);
	return `${code} ${type}`;
}

export async function problemOf(call: Promise<unknown>): Promise<Problem> {
	try {
		await call;
	} catch (error) {
		return error as Problem;
	}
	throw new Error("the call was not refused");
}

/** Waits until a condition holds; fails after ten seconds. */
export async function until<T>(look: () => Promise<T> | T, holds: (value: T) => boolean): Promise<T> {
	const end = Date.now() + 10_000;
	for (;;) {
		const value = await look();
		if (holds(value)) return value;
		if (Date.now() > end) throw new Error(`waited in vain, last seen: ${JSON.stringify(value)}`);
		await new Promise((resolve) => setTimeout(resolve, 5));
	}
}
