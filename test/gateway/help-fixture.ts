import type { ServiceSchema } from "moleculer";
import { Type } from "typebox";
import type { CallerTenant } from "../../contracts/caller.ts";
import { type ActionContract, defineAction, strict } from "../../contracts/contract.ts";
import { Id } from "../../contracts/fields.ts";
import { tenantBySlug } from "../../contracts/identity-internal.ts";
import { recordView } from "../../contracts/knowledge-base-engagement.ts";
import { defineList } from "../../contracts/list-contract.ts";
import { newId } from "../../lib/ids.ts";
import { notFound, Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { tenant } from "../support/callers.ts";

/* A small knowledge base with one of everything that a help centre serves. */

const ById = Type.Object({ id: Id });
const Article = Type.Object({
	id: Id,
	title: Type.String(),
	locale: Type.String(),
	isFallback: Type.Boolean(),
	version: Type.Integer(),
	viewCount: Type.Integer(),
	asked: Type.Unknown(),
});
const localised = (article: { locale: string }) => ({
	"Content-Language": article.locale,
	Vary: "Accept-Language, Cookie-Free",
});

const getArticle = defineAction({
	name: "articles.get",
	access: "kb.read",
	rest: "GET /articles/:id",
	help: "GET /articles/:id",
	summary: "Read an article",
	description: "In a language.",
	path: ById,
	query: strict({ locale: Type.Optional(Type.String()), preview: Type.Optional(Type.Boolean()) }),
	result: Article,
	headers: localised,
	countsView: true,
});

const updateArticle = defineAction({
	name: "articles.update",
	access: "kb.write",
	rest: "PUT /articles/:id",
	help: "PUT /articles/:id",
	summary: "Change an article",
	path: ById,
	body: strict({ title: Type.String() }),
	result: Article,
	headers: localised,
	ifMatch: true,
});

const listArticles = defineList({
	name: "articles.list",
	access: "kb.read",
	rest: "GET /articles",
	help: "GET /articles",
	summary: "List articles",
	list: { filters: {}, sorts: ["title"], defaultSort: "title" },
	item: Type.Object({ id: Id, title: Type.String() }),
});

const searchArticles = defineAction({
	name: "articles.search",
	access: "kb.read",
	rest: "GET /articles/search",
	help: "GET /search",
	summary: "Search articles",
	query: strict({ q: Type.String() }),
	result: Type.Object({ asked: Type.Unknown(), searchId: Id }),
});

const bySlug = defineAction({
	name: "articles.bySlug",
	access: "kb.read",
	rest: "GET /articles/by-slug/:slug",
	help: "GET /articles/by-slug/:slug",
	summary: "Read an article by its address",
	path: Type.Object({ slug: Type.String() }),
	query: strict({ locale: Type.Optional(Type.String()) }),
	result: Article,
});

const rate = defineAction({
	name: "articles.rate",
	access: "kb.rate",
	rest: "POST /articles/:id/rate",
	help: "POST /articles/:id/rate",
	summary: "Rate an article",
	path: ById,
	body: strict({ value: Type.String() }),
	result: Type.Object({ voter: Type.Unknown(), votes: Type.Integer() }),
});

const withdraw = defineAction({
	name: "articles.withdraw",
	access: "kb.rate",
	rest: "DELETE /articles/:id/rate",
	help: "DELETE /articles/:id/rate",
	summary: "Take a rating back",
	path: ById,
	result: Type.Object({ voter: Type.Unknown() }),
	ifMatch: true,
});

const suggest = defineAction({
	name: "articles.suggest",
	access: "kb.read",
	rest: "POST /suggest",
	help: "POST /suggest",
	summary: "Suggest articles",
	body: strict({ text: Type.String() }),
	result: Type.Object({ call: Type.Integer(), voter: Type.Unknown() }),
});

export const helpContracts = [
	getArticle,
	updateArticle,
	listArticles,
	searchArticles,
	bySlug,
	rate,
	withdraw,
	suggest,
] as unknown as readonly ActionContract[];

export interface HelpState {
	/** what identity knows; only active ones are told */
	tenants: CallerTenant[];
	lookups: string[];
	titles: Record<string, string>;
	version: number;
	reads: number;
	votes: unknown[];
	suggestions: number;
	views: Record<string, unknown>[];
	viewsFail: boolean;
}

export const open = tenant({ rateLimit: { perMinute: 100, perTokenPerMinute: 50 } });
export const other = tenant();

export function helpState(): HelpState {
	const named = (slug: string, of: CallerTenant, status: CallerTenant["status"] = "active") => ({
		...of,
		slug,
		status,
	});
	return {
		tenants: [
			named("open", open),
			named("other", other),
			...(["suspended", "provisioning", "offboarding", "offboarded"] as const).map((word) =>
				named(word, tenant(), word),
			),
		],
		lookups: [],
		titles: { en: "Reset", de: "Zurücksetzen" },
		version: 3,
		reads: 0,
		votes: [],
		suggestions: 0,
		views: [],
		viewsFail: false,
	};
}

/** What identity answers for a slug. */
export function slugAction(state: HelpState) {
	return action(tenantBySlug, async ({ params: { slug } }) => {
		state.lookups.push(slug);
		return structuredClone(state.tenants.find((one) => one.slug === slug && one.status === "active") ?? null);
	});
}

export function articlesFixture(state: HelpState): ServiceSchema {
	const read = (ctx: CallContext<{ id: string; locale?: string }>) => {
		if (ctx.params.id !== "a1") throw notFound("article");
		const asked = ctx.params.locale ?? ctx.meta.acceptLanguage?.replace("*", "en") ?? "en";
		const locale = asked in state.titles ? asked : "en";
		const title = state.titles[locale] as string;
		const { kind, visitorKey = null, tenant: of } = callerOf(ctx);
		const caller = { kind, visitorKey, tenant: of.id };
		return {
			id: "a1",
			title,
			locale,
			isFallback: locale !== asked,
			version: state.version,
			viewCount: state.reads++,
			asked: caller,
		};
	};
	return {
		name: "articles",
		actions: {
			get: action(getArticle, async (ctx) => read(ctx)),
			update: action(updateArticle, async (ctx) => {
				checkVersion({ version: state.version } as never, ctx.params.ifVersion);
				state.titles.en = ctx.params.title;
				state.version++;
				return read(ctx);
			}),
			list: action(listArticles, async () => ({
				data: Object.values(state.titles).map((title, index) => ({ id: `a${index + 1}`, title })),
				page: { nextCursor: null, prevCursor: null, hasMore: false, limit: 25 },
			})),
			search: action(searchArticles, async (ctx) => ({ asked: ctx.params, searchId: newId() })),
			bySlug: action(bySlug, async (ctx) => {
				if (ctx.params.slug !== "old") throw notFound("article");
				throw new Problem(301, "moved", "It has another address.", {
					headers: { Location: "/api/help/open/articles/by-slug/größe" },
				});
			}),
			rate: action(rate, async (ctx) => {
				if (ctx.params.id !== "a1") throw notFound("article");
				state.votes.push(callerOf(ctx).visitorKey);
				return { voter: callerOf(ctx).visitorKey, votes: state.votes.length };
			}),
			withdraw: action(withdraw, async (ctx) => ({ voter: callerOf(ctx).visitorKey })),
			suggest: action(suggest, async (ctx) => ({ call: ++state.suggestions, voter: callerOf(ctx).visitorKey })),
		},
	};
}

export function viewsFixture(state: HelpState): ServiceSchema {
	return {
		name: "knowledge-base",
		actions: {
			recordView: action(recordView, async (ctx) => {
				state.views.push({ ...ctx.params, caller: ctx.meta.caller?.kind });
				if (state.viewsFail) throw new Error("the counter is dead");
				return { counted: true };
			}),
		},
	};
}
