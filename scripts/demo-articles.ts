// The help centre of the demo shop: categories and articles in two languages, with readers who vote on them. Run again
// it adds what is missing and leaves the rest alone.
import type { Api } from "./api-client.ts";
import { readArticles, type ThereArticle } from "./demo-readers.ts";
import { app } from "./demo-texts/app.ts";
import { care } from "./demo-texts/care.ts";
import { delivery } from "./demo-texts/delivery.ts";
import { everyday } from "./demo-texts/everyday.ts";
import { firstSteps } from "./demo-texts/first-steps.ts";
import { orders } from "./demo-texts/orders.ts";
import { plans } from "./demo-texts/plans.ts";
import { setup } from "./demo-texts/setup.ts";
import type { DemoArticle, DemoCategory } from "./demo-texts/text.ts";
import { each } from "./each.ts";

const DAY_MS = 24 * 3600 * 1000;

const CATEGORIES: readonly DemoCategory[] = [
	{ slug: "getting-started", en: "Getting started", de: "Erste Schritte", articles: firstSteps },
	{ slug: "setting-up", parent: "getting-started", en: "Setting up", de: "Einrichten", articles: setup },
	{ slug: "the-app", parent: "getting-started", en: "The app", de: "Die App", articles: app },
	{ slug: "everyday-use", en: "Everyday use", de: "Im Alltag", articles: everyday },
	{ slug: "watering-plans", parent: "everyday-use", en: "Watering plans", de: "Gießpläne", articles: plans },
	{
		slug: "care-and-repair",
		parent: "everyday-use",
		en: "Care and repair",
		de: "Pflege und Reparatur",
		articles: care,
	},
	{ slug: "orders", en: "Orders and payment", de: "Bestellung und Zahlung", articles: orders },
	{ slug: "delivery", parent: "orders", en: "Delivery and returns", de: "Lieferung und Rückgabe", articles: delivery },
];

interface Listed<T> {
	data: T[];
	page: { nextCursor: string | null };
}

async function all<T>(api: Api, route: string): Promise<T[]> {
	const found: T[] = [];
	for (let cursor: string | null = ""; cursor !== null; ) {
		const { body }: { body: Listed<T> } = await api.request<Listed<T>>(
			"GET",
			`${route}&limit=100${cursor && `&cursor=${cursor}`}`,
		);
		found.push(...body.data);
		cursor = body.page.nextCursor;
	}
	return found;
}

async function makeCategories(api: Api): Promise<Map<string, string>> {
	const there = await all<{ id: string; slug: string }>(api, "/knowledge-base/categories?locale=en");
	const ids = new Map(there.map((category) => [category.slug, category.id]));
	for (const [order, { slug, parent, en, de }] of CATEGORIES.entries()) {
		if (ids.has(slug)) continue;
		const parentId = parent === undefined ? null : ids.get(parent);
		const translations = { de: { name: de } };
		const category = { name: en, locale: "en", slug, parentId, order, translations };
		ids.set(slug, (await api.request<{ id: string }>("POST", "/knowledge-base/categories", category)).body.id);
	}
	return ids;
}

/** Every tenth article waits to be looked over, the others have some months yet. */
function reviewDueAt(index: number, now: number): string {
	return new Date(now + (index % 10 === 9 ? -index : 30 + index * 5) * DAY_MS).toISOString();
}

/**
 * Makes what is missing of the help centre. `team` are those who may own an article; `customers` read and vote.
 */
export async function makeArticles(
	api: Api,
	base: string,
	team: readonly { id: string }[],
	customers: readonly { id: string }[],
): Promise<void> {
	const categories = await makeCategories(api);
	const plan = CATEGORIES.flatMap(({ slug, articles }) => articles.map((article) => ({ article, slug })));
	const there = new Map(
		(await all<ThereArticle>(api, "/knowledge-base/articles?locale=en")).map((article) => [article.title, article]),
	);
	const now = Date.now();
	const made = await each("articles", plan.length, async (index) => {
		const { article, slug } = plan[index] as { article: DemoArticle; slug: string };
		const { en, de, tags, visibility = "public" } = article;
		const published = { status: "published", tags, visibility, categoryId: categories.get(slug), order: index };
		const owner = { ownerId: team[index % team.length]?.id, reviewDueAt: reviewDueAt(index, now) };
		const found =
			there.get(en.title) ??
			(
				await api.request<ThereArticle>("POST", "/knowledge-base/articles", {
					...en,
					...published,
					...owner,
					locale: "en",
				})
			).body;
		if (!found.availableLocales.includes("de"))
			await api.request("PUT", `/knowledge-base/articles/${found.id}/translations/de`, { ...de, status: "published" });
		return found;
	});
	await readArticles(api, base, made, customers);
}
