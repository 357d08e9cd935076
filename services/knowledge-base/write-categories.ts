import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../contracts/contract.ts";
import { createCategory, deleteCategory, updateCategory } from "../../contracts/knowledge-base-categories.ts";
import { articleUpdated } from "../../contracts/knowledge-base-events.ts";
import { newId } from "../../lib/ids.ts";
import { invalidField, Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import type { Article } from "../../models/article.ts";
import type { Category, Visibility } from "../../models/category.ts";
import { mustPublish } from "./access.ts";
import { patchTexts } from "./category-text.ts";
import { deriveTree } from "./category-tree.ts";
import { articleData } from "./dossier.ts";
import { type KnowledgeBase, MAX_CATEGORIES } from "./knowledge-base-store.ts";
import { localeAt, wishesOf } from "./locales.ts";
import { touch } from "./placement.ts";
import { allCategories, type CategoryView, showCategory } from "./read-categories.ts";
import { firstFree, orStartOver, shortId } from "./slugs.ts";
import { slugOf } from "./text/slug.ts";
import { stricter } from "./visibility.ts";

/** More articles than this no category has. */
const ALL = 1_000_000;

/** A slug that no other category of the tenant has, made of a text. */
function freeSlug(kb: KnowledgeBase, tx: Transaction, id: string, text: string): Promise<string> {
	return firstFree(slugOf(text, shortId(id)).replace(/^article-/, "category-"), async (some) => {
		const found = await kb.categories.find(tx.command, { slug: { $in: some } }, { tx });
		return new Set(found.filter((category) => category._id !== id).map((category) => category.slug));
	});
}

function unknownParent(): Problem {
	return invalidField("/parentId", "There is no category with this id.", "unknown");
}

async function make(
	kb: KnowledgeBase,
	tx: Transaction,
	input: ParamsOf<typeof createCategory>,
	locale: string,
): Promise<Category> {
	const { tenantId } = tx.command;
	const others = await allCategories(kb, tenantId, tx);
	if (others.length >= MAX_CATEGORIES)
		throw new Problem(409, "too_many_categories", `There can be at most ${MAX_CATEGORIES} categories.`);
	const { parentId = null, visibility = "public" } = input;
	const parent = others.find((one) => one._id === parentId);
	if (parentId !== null && !parent) throw unknownParent();
	if (parent) await touch(kb, tx, parent);
	const _id = newId();
	const siblings = others.filter((one) => one.parentId === parentId).map((one) => one.order);
	const derived = deriveTree([...others, { _id, parentId, visibility }]).get(_id);
	if (!derived) throw unknownParent();
	const translations = patchTexts({ translations: {}, defaultLocale: locale }, input, locale);
	return orStartOver(
		kb.categories.create(tx, {
			...{ _id, tenantId, parentId, visibility, translations, defaultLocale: locale, ...derived },
			order: input.order ?? Math.max(0, ...siblings) + 1,
			slug: await freeSlug(kb, tx, _id, input.slug ?? input.name),
			uses: 0,
		}),
	);
}

/** An article where its category is another, or another's: told also where only the way to it changed. */
async function replace(
	kb: KnowledgeBase,
	tx: Transaction,
	before: Article,
	{ categoryId, above }: { categoryId: string | null; above: Visibility },
): Promise<void> {
	const effectiveVisibility = stricter(before.visibility, above);
	const changed = effectiveVisibility !== before.effectiveVisibility || categoryId !== before.categoryId;
	const read = before.publishedLocales.length > 0;
	const saved = await kb.articles.update(tx, before, {
		...before,
		...{ categoryId, effectiveVisibility, reach: read ? effectiveVisibility : "nobody" },
		...(read && changed ? { publicVersion: before.publicVersion + 1, publicUpdatedAt: tx.now } : {}),
	});
	await tx.emit(articleUpdated, saved, articleData(saved, null));
}

/**
 * Writes changed categories and everything that follows: paths and visibility of the categories below, and of all
 * articles in them, in the same transaction, so that nobody reads for a moment what is no longer meant for them.
 */
async function saveTree(
	kb: KnowledgeBase,
	tx: Transaction,
	before: readonly Category[],
	after: readonly Category[],
): Promise<void> {
	const derived = deriveTree(after);
	for (const next of after) {
		const previous = before.find((one) => one._id === next._id);
		const place = derived.get(next._id);
		if (!previous || !place) continue;
		const saved = await kb.categories.update(tx, previous, { ...next, ...place });
		const moved = previous.path.join() !== place.path.join();
		const hidden = previous.effectiveVisibility !== place.effectiveVisibility;
		if (!moved && !hidden) continue;
		if (saved === previous) await touch(kb, tx, previous);
		const articles = await kb.articles.find(tx.command, { categoryId: next._id }, { limit: ALL, tx });
		for (const article of articles)
			await replace(kb, tx, article, { categoryId: next._id, above: place.effectiveVisibility });
	}
}

/** Categories below a changed one are derived from it: no transaction may rely on them at the same time. */
async function touchBelow(kb: KnowledgeBase, tx: Transaction, all: readonly Category[], id: string): Promise<void> {
	for (const category of all) if (category.path.includes(id)) await touch(kb, tx, category);
}

async function change(
	kb: KnowledgeBase,
	tx: Transaction,
	input: ParamsOf<typeof updateCategory>,
	locale: string | null,
): Promise<void> {
	const all = await allCategories(kb, tx.command.tenantId, tx);
	const before = await kb.categories.require(tx.command, input.id, tx);
	checkVersion(before, input.ifVersion);
	const { parentId = before.parentId, visibility = before.visibility, order = before.order, slug } = input;
	const parent = all.find((one) => one._id === parentId);
	if (parentId !== null && !parent) throw unknownParent();
	const moved = parentId !== before.parentId;
	if (parent && (moved || visibility !== before.visibility)) await touch(kb, tx, parent);
	if (moved || visibility !== before.visibility) await touchBelow(kb, tx, all, before._id);
	const siblings = all.filter((one) => one.parentId === parentId).map((one) => one.order);
	const next: Category = {
		...before,
		...{ parentId, visibility },
		order: moved && input.order === undefined ? Math.max(0, ...siblings) + 1 : order,
		slug: slug === undefined || slug === before.slug ? before.slug : await freeSlug(kb, tx, before._id, slug),
		translations: patchTexts(before, input, locale ?? before.defaultLocale),
	};
	const after = all.map((one) => (one._id === before._id ? next : one));
	await orStartOver(saveTree(kb, tx, all, after));
}

function notEmpty(): Problem {
	return new Problem(
		409,
		"category_not_empty",
		"There are articles or categories in this category. moveTo=<id> moves them, moveTo=none leaves them without one.",
	);
}

/** Moves what is in a category into another, or to the root, and removes it. */
async function remove(
	kb: KnowledgeBase,
	tx: Transaction,
	{ id, ifVersion, moveTo }: ParamsOf<typeof deleteCategory>,
): Promise<null> {
	const all = await allCategories(kb, tx.command.tenantId, tx);
	const gone = await kb.categories.require(tx.command, id, tx);
	checkVersion(gone, ifVersion);
	const articles = await kb.articles.find(
		tx.command,
		{ categoryId: id },
		{ limit: moveTo === undefined ? 1 : ALL, tx },
	);
	const children = all.filter((one) => one.parentId === id);
	if (moveTo === undefined && articles.length + children.length > 0) throw notEmpty();
	const target = all.find((one) => one._id === moveTo);
	if (moveTo !== undefined && moveTo !== "none" && !target)
		throw invalidField("moveTo", "There is no category with this id.", "unknown");
	if (target && (target._id === id || target.path.includes(id)))
		throw new Problem(409, "category_cycle", "What is in a category cannot move below it.");
	if (target) await touch(kb, tx, target);
	await touchBelow(kb, tx, all, id);
	const rest = all.filter((one) => one._id !== id);
	const parentId = target?._id ?? null;
	const after = rest.map((one) => (one.parentId === id ? { ...one, parentId } : one));
	await saveTree(kb, tx, rest, after);
	const above = target?.effectiveVisibility ?? "public";
	for (const article of articles) await replace(kb, tx, article, { categoryId: parentId, above });
	// Derived fields and counters aside, the category is as it was loaded.
	await kb.categories.remove(tx, gone);
	return null;
}

export function categoryWriteActions(kb: KnowledgeBase): Record<string, ActionSchema> {
	const answer = async (ctx: CallContext, id: string, asked: string | undefined): Promise<CategoryView> => {
		const caller = callerOf(ctx);
		return showCategory(kb, caller, id, wishesOf(caller, ctx.meta.acceptLanguage, asked));
	};
	return {
		createCategory: action(createCategory, async (ctx) => {
			const caller = callerOf(ctx);
			mustPublish(caller);
			const locale = localeAt("/locale", ctx.params.locale ?? caller.tenant.locale);
			const made = await kb.store.commit(commandOf(ctx), async (tx) => ({
				id: (await make(kb, tx, ctx.params, locale))._id,
			}));
			return answer(ctx, made.id, locale);
		}),
		updateCategory: action(updateCategory, async (ctx) => {
			mustPublish(callerOf(ctx));
			const { id, locale: named } = ctx.params;
			const locale = named === undefined ? null : localeAt("/locale", named);
			await kb.store.commit(commandOf(ctx), async (tx) => {
				await change(kb, tx, ctx.params, locale);
				return null;
			});
			return answer(ctx, id, locale ?? undefined);
		}),
		deleteCategory: action(deleteCategory, async (ctx) => {
			mustPublish(callerOf(ctx));
			return kb.store.commit(commandOf(ctx), (tx) => remove(kb, tx, ctx.params));
		}),
	};
}
