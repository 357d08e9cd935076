import { isDeepStrictEqual } from "node:util";
import type { Article } from "../../models/article.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";

/** Stands for "never" in the sort key: such articles come before all others, or after all where the newest are first. */
const NEVER = new Date(0);
const MAX_KEY = 255;

/** What indexes need of an article. */
type Derived = "publishedLocales" | "publishedAt" | "reach" | "locales" | "states" | "titleKey" | "publishedKey";

/** What follows from an article's translations, for indexes and for those who read it without them. */
export function derived(
	article: Pick<Article, "defaultLocale" | "effectiveVisibility">,
	translations: readonly ArticleTranslation[],
): Pick<Article, Derived> {
	const published = translations.filter((one) => one.published !== null);
	const times = published.map((one) => one.publishedAt?.getTime() ?? 0);
	const publishedAt = times.length > 0 ? new Date(Math.max(...times)) : null;
	const shown = published.length > 0 ? published : translations;
	const titled = shown.find((one) => one.locale === article.defaultLocale) ?? shown[0];
	const title = titled?.published?.title ?? titled?.draft.title ?? "";
	return {
		publishedLocales: published.map((one) => one.locale).sort(),
		publishedAt,
		publishedKey: publishedAt ?? NEVER,
		reach: published.length > 0 ? article.effectiveVisibility : "nobody",
		locales: translations.map((one) => one.locale).sort(),
		states: [...new Set(translations.flatMap(({ locale, status }) => [status, `${locale} ${status}`]))].sort(),
		titleKey: title.normalize("NFKC").toLowerCase().slice(0, MAX_KEY),
	};
}

/** Everything of an article itself that readers are shown or that decides whether they are. */
const PUBLIC_FIELDS: readonly (keyof Article)[] = [
	...(["categoryId", "order", "authorId", "ownerId", "visibility", "effectiveVisibility", "defaultLocale"] as const),
	...(["tags", "publishedLocales", "publishedAt", "reach"] as const),
];

const publicPart = ({ locale, slug, published, publishedVersionNo, publishedAt, outdated }: ArticleTranslation) => ({
	locale,
	slug,
	published,
	publishedVersionNo,
	publishedAt,
	outdated,
});

/** Whether a change of an article is one that readers can see. */
export function isPublicChange(
	before: { article: Article; translations: readonly ArticleTranslation[] },
	after: { article: Article; translations: readonly ArticleTranslation[] },
): boolean {
	if (before.article.reach === "nobody" && after.article.reach === "nobody") return false;
	const read = (translations: readonly ArticleTranslation[]) =>
		translations
			.filter((one) => one.published !== null)
			.map(publicPart)
			.sort((a, b) => (a.locale < b.locale ? -1 : 1));
	return (
		PUBLIC_FIELDS.some((field) => !isDeepStrictEqual(before.article[field], after.article[field])) ||
		!isDeepStrictEqual(read(before.translations), read(after.translations))
	);
}
