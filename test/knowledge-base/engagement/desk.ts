import type { Caller, CallerTenant } from "../../../contracts/caller.ts";
import type { DataOf, EventContract } from "../../../contracts/event-contract.ts";
import { createArticle, getArticle } from "../../../contracts/knowledge-base.ts";
import type { DomainEvent } from "../../../lib/event-log.ts";
import { newId } from "../../../lib/ids.ts";
import { type Article, articleModel } from "../../../models/article.ts";
import knowledgeBaseService from "../../../services/knowledge-base/knowledge-base.service.ts";
import { startBroker, type TestBroker } from "../../support/broker.ts";
import { customer, staff, tenant } from "../../support/callers.ts";
import { type ManualClock, manualClock } from "../../support/manual-clock.ts";

/** The knowledge base alone on a broker, with two tenants and somebody of each role in the first. */
export interface EngagementDesk extends TestBroker {
	clock: ManualClock;
	home: CallerTenant;
	as: Record<"owner" | "supervisor" | "agent" | "viewer" | "stranger", Caller>;
	/** publishes an article in English, in the home tenant unless somebody else writes it */
	article(fields?: object, author?: Caller): Promise<string>;
	/** an article as it is kept */
	stored(id: string): Promise<Article[]>;
	/** the article's counters as staff sees them */
	counters(id: string): Promise<{ viewCount: number; helpfulCount: number; notHelpfulCount: number; score: number }>;
	/** the events of a kind about a subject's id, in the order of the log, when there are as many as told */
	events<D>(contract: EventContract<D>, id: string, count: number): Promise<DomainEvent<D>[]>;
}

/** A customer of a tenant. */
export const customerOf = (home: CallerTenant): Caller => customer(home, newId());

/** Somebody in the help centre who has not signed in. */
export function visitor(home: CallerTenant, visitorKey: string | null = newId()): Caller {
	const nobody = { role: null, name: "Visitor", email: null, credentialId: null };
	return { ...customer(home, "anonymous"), ...nobody, kind: "anonymous", visitorKey };
}

export async function engagementDesk(
	options: { settings?: object; env?: Record<string, string>; home?: CallerTenant; clock?: ManualClock } = {},
): Promise<EngagementDesk> {
	const clock = options.clock ?? manualClock();
	const broker = await startBroker([knowledgeBaseService], { clock, ...(options.env ? { env: options.env } : {}) });
	const home = options.home ?? tenant(options.settings);
	const as = {
		owner: staff(home, "owner"),
		supervisor: staff(home, "supervisor"),
		agent: staff(home, "agent"),
		viewer: staff(home, "viewer"),
		stranger: staff(tenant(), "owner"),
	};
	return {
		...broker,
		clock,
		home,
		as,
		stored: async (id) => {
			const connection = await broker.runtime.openConnection("knowledge-base");
			try {
				return await connection
					.model<Article>(articleModel.name, articleModel.schema)
					.find({ _id: id })
					.lean<Article[]>();
			} finally {
				await connection.close();
			}
		},
		async article(fields = {}, author = as.owner) {
			const text = { title: `How to ${newId()}`, body: "Like this.", status: "published", locale: "en" };
			return (await broker.call(createArticle, { ...text, ...fields } as never, author)).id;
		},
		async counters(id) {
			const { viewCount, helpfulCount, notHelpfulCount, score } = await broker.call(getArticle, { id }, as.owner);
			return { viewCount, helpfulCount, notHelpfulCount, score };
		},
		events: <D>(contract: EventContract<D>, id: string, count: number) =>
			until(
				async () =>
					(await broker.runtime.events.read({ limit: 10_000 }))
						.map(({ event }) => event as DomainEvent<DataOf<EventContract<D>>>)
						.filter((event) => event.type === contract.type && event.subject.endsWith(`/${id}`)),
				(found) => found.length >= count,
			),
	};
}

/** The status and code that a call is refused with. */
export async function refusalOf(call: Promise<unknown>): Promise<{ status: string; headers?: object; at?: string }> {
	try {
		await call;
	} catch (error) {
		const { code, type, data } = error as {
			code: number;
			type: string;
			data?: { headers?: object; errors?: { pointer: string }[] };
		};
		const at = data?.errors?.[0]?.pointer;
		return {
			status: `${code} ${type}`,
			...(data?.headers ? { headers: data.headers } : {}),
			...(at === undefined ? {} : { at }),
		};
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
		await new Promise((resolve) => setImmediate(resolve));
	}
}

/** Does something so many times at once. */
export const atOnce = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
	Promise.all(Array.from({ length: count }, (_, index) => work(index)));
