import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { CATEGORY_LIST, getCategory, listCategories } from "../../contracts/knowledge-base-categories.ts";
import type { Condition, ListParams } from "../../lib/list-query.ts";
import { negotiateLocale } from "../../lib/locale-negotiation.ts";
import { notFound } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import type { Transaction } from "../../mixins/store.ts";
import type { Category } from "../../models/category.ts";
import { type Reader, readerOf, sees } from "./access.ts";
import { countArticles } from "./category-counts.ts";
import { childrenOf, totalsOf, treeKeys } from "./category-tree.ts";
import { type KnowledgeBase, MAX_CATEGORIES } from "./knowledge-base-store.ts";
import { type Wishes, wishesOf } from "./locales.ts";
import { pageOf } from "./page-of.ts";

export type CategoryView = ResultOf<typeof getCategory>;

export function allCategories(kb: KnowledgeBase, tenantId: string, tx?: Transaction): Promise<Category[]> {
	return kb.categories.find({ tenantId }, {}, { limit: MAX_CATEGORIES, ...(tx ? { tx } : {}) });
}

interface Counts {
	own: ReadonlyMap<string, number>;
	total: ReadonlyMap<string, number>;
}

export function categoryView(category: Category, wishes: Wishes, { own, total }: Counts): CategoryView {
	const { _id: id, parentId, slug, order, visibility, translations, defaultLocale, path, version } = category;
	const available = Object.keys(translations).sort((a, b) =>
		a === defaultLocale ? -1 : b === defaultLocale ? 1 : a < b ? -1 : 1,
	);
	const { locale, isFallback } = negotiateLocale({ ...wishes, article: defaultLocale, available });
	const { name, description } = translations[locale] ?? { name: "", description: null };
	return {
		...{ id, version, parentId, slug, order, visibility, depth: path.length + 1, name, description },
		createdAt: category.createdAt.toISOString(),
		updatedAt: category.updatedAt.toISOString(),
		...{ locale, isFallback, availableLocales: [...available].sort(), translations },
		articleCount: own.get(id) ?? 0,
		totalArticleCount: total.get(id) ?? 0,
	};
}

/** The categories that a reader sees, of those given and all below them, and how many articles it sees in each. */
async function visible(
	kb: KnowledgeBase,
	reader: Reader,
	categories: readonly Category[],
	locale: string | null = null,
): Promise<{ categories: Category[]; counts: Counts }> {
	const open = reader.staff ? [...categories] : categories.filter((one) => sees(reader, one.effectiveVisibility));
	const own = await countArticles(kb, reader, open, locale);
	const total = totalsOf(open, own);
	return {
		categories: reader.staff ? open : open.filter((category) => (total.get(category._id) ?? 0) > 0),
		counts: { own, total },
	};
}

type Test = (category: Category) => boolean;

const matches = (condition: Condition | undefined, value: unknown): boolean => {
	if (condition === undefined) return true;
	return Object.entries(condition).every(([operator, wanted]) => {
		const [left, right] = value instanceof Date ? [value.getTime(), Date.parse(String(wanted))] : [value, wanted];
		if (operator === "in") return (wanted as unknown[]).includes(value);
		if (operator === "exists") return (value !== null) === wanted;
		if (operator === "eq") return left === right;
		if (operator === "gt") return (left as number) > (right as number);
		if (operator === "gte") return (left as number) >= (right as number);
		if (operator === "lt") return (left as number) < (right as number);
		return (left as number) <= (right as number);
	});
};

function testOf(filter: NonNullable<ListParams["filter"]>): Test {
	return (category) =>
		(["visibility", "slug", "createdAt", "updatedAt"] as const).every((name) => matches(filter[name], category[name]));
}

async function list(
	ctx: CallContext<ParamsOf<typeof listCategories>>,
	kb: KnowledgeBase,
): Promise<ResultOf<typeof listCategories>> {
	const caller = callerOf(ctx);
	const tenantId = caller.tenant.id;
	const filter = ctx.params.filter ?? {};
	const asked = filter.locale?.eq as string | undefined;
	const wishes = wishesOf(caller, ctx.meta.acceptLanguage, asked);
	const only = filter.fallback?.eq === false ? languageOf(caller, wishes) : null;
	const reader = readerOf(caller);
	const { categories, counts } = await visible(kb, reader, await allCategories(kb, tenantId), only);
	const test = testOf(filter);
	const tree = filter.tree?.eq === true;
	const under = filter.parentId ?? (tree ? { eq: null } : undefined);
	const children = childrenOf(categories);
	const places = treeKeys(categories);
	const nested = (category: Category): CategoryView => {
		const below = (children.get(category._id) ?? []).filter(test);
		below.sort((a, b) => ((places.get(a._id) ?? "") < (places.get(b._id) ?? "") ? -1 : 1));
		return { ...categoryView(category, wishes, counts), children: below.map(nested) as never };
	};
	const rows = categories
		.filter((category) => test(category) && matches(under, category.parentId))
		.map((category) => {
			const row = tree ? nested(category) : categoryView(category, wishes, counts);
			const { id, createdAt, updatedAt } = row;
			return { id, keys: { order: places.get(id) ?? "", name: row.name.toLowerCase(), createdAt, updatedAt }, row };
		});
	const binding = ["categories", tenantId, reader.sees, wishes];
	return pageOf(rows, CATEGORY_LIST, ctx.params, { binding, secret: kb.store.secret });
}

/** The language that somebody wants who wants no other. */
function languageOf(caller: TenantCaller, wishes: Wishes): string {
	return wishes.asked ?? wishes.user ?? caller.tenant.locale;
}

/** A category that the caller sees, with its counts. Throws 404 for any other. */
export async function showCategory(
	kb: KnowledgeBase,
	caller: TenantCaller,
	id: string,
	wishes: Wishes,
): Promise<CategoryView> {
	const tenantId = caller.tenant.id;
	const category = await kb.categories.require({ tenantId }, id);
	const below = await kb.categories.find({ tenantId }, { path: id }, { limit: MAX_CATEGORIES });
	const { categories, counts } = await visible(kb, readerOf(caller), [category, ...below]);
	if (!categories.includes(category)) throw notFound("category");
	return categoryView(category, wishes, counts);
}

export function categoryReadActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	return {
		listCategories: action(listCategories, (ctx) => list(ctx, kb)),
		getCategory: action(getCategory, (ctx) => {
			const caller = callerOf(ctx);
			return showCategory(kb, caller, ctx.params.id, wishesOf(caller, ctx.meta.acceptLanguage, ctx.params.locale));
		}),
	};
}
