import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Locale, Nullable, Tags, Words } from "./fields.ts";
import { categoryContracts } from "./knowledge-base-categories.ts";
import { engagementContracts } from "./knowledge-base-engagement.ts";
import { ARTICLE_STATUSES, VISIBILITIES } from "./knowledge-base-events.ts";
import { translationContracts } from "./knowledge-base-translations.ts";
import { ArticleItem, ArticleView } from "./knowledge-base-views.ts";
import { defineList } from "./list-contract.ts";
import { TAG_FILTERS } from "./shared-filters.ts";

const ById = strict({ id: Id });
/** `published` shows those who write what readers have, `draft` (unless told) the newest text */
const View = Type.Optional(Words(["draft", "published"]));
const Reading = strict({ locale: Type.Optional(Locale), view: View });

/** 255 characters; checked after trimming */
const Title = Type.String({ minLength: 1, maxLength: 255 });
/** Markdown; 512 KB at most, measured in bytes by the service */
const Body = Type.String({ maxLength: 524_288 });

const ArticleFields = {
	summary: Type.Optional(Nullable(Type.String({ maxLength: 512 }))),
	categoryId: Type.Optional(Nullable(Id)),
	order: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
	visibility: Type.Optional(Words(VISIBILITIES)),
	tags: Type.Optional(Nullable(Tags)),
	slug: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
	/** somebody of staff; the author unless told */
	ownerId: Type.Optional(Id),
	reviewDueAt: Type.Optional(Nullable(Instant)),
	/** why, for the list of versions */
	changeNote: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
};

const byLanguage = ({ locale }: { locale: string }) => ({ "Content-Language": locale, Vary: "Accept-Language" });

const FOR_READERS =
	"The language is `locale`, else what `Accept-Language` prefers, else the reader's own, the tenant's or the " +
	"article's; `isFallback` says when it is not the one asked for. Visitors read what is public, customers what is for " +
	"customers too, in both cases published; anything else answers 404.";

/** How articles can be asked for by those who write. */
export const ARTICLE_LIST = {
	filters: {
		categoryId: { type: "id", nullable: true, operators: ["eq", "ne", "in", "nin"] },
		status: { type: "string", values: ARTICLE_STATUSES, operators: ["eq", "in"] },
		visibility: { type: "string", values: VISIBILITIES, operators: ["eq", "in"] },
		...TAG_FILTERS,
		locale: { type: "string", operators: ["eq"] },
		authorId: { type: "id", me: true, operators: ["eq", "in"] },
		ownerId: { type: "id", me: true, operators: ["eq", "in"] },
		createdAt: { type: "instant" },
		updatedAt: { type: "instant" },
		publishedAt: { type: "instant" },
	},
	sorts: ["createdAt", "updatedAt", "publishedAt", "title", "order", "viewCount", "score"],
	sortPaths: { publishedAt: "publishedKey", title: "titleKey" },
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listArticles = defineList({
	name: "knowledge-base.listArticles",
	access: "kb.read",
	rest: "GET /knowledge-base/articles",
	help: "GET /articles",
	summary: "List articles",
	description:
		"Without their texts. `locale=de` gives the articles that there are in German, and shows them so; without it each " +
		"is shown in the language that suits the reader best. `status=draft` gives the articles with a draft in some " +
		"language, shown in that language. `tag` repeated means all of them, `tagAny=a,b` one of them. Readers get what " +
		"is published and what they may see.",
	list: ARTICLE_LIST,
	item: ArticleItem,
	headers: () => ({ Vary: "Accept-Language" }),
});

export const getArticle = defineAction({
	name: "knowledge-base.getArticle",
	access: "kb.read",
	rest: "GET /knowledge-base/articles/:id",
	help: "GET /articles/:id",
	summary: "Show an article",
	description: `${FOR_READERS} Those who write get the newest text, with \`view=published\` the one that readers have.`,
	path: ById,
	query: Reading,
	result: ArticleView,
	headers: byLanguage,
	countsView: true,
});

export const getArticleBySlug = defineAction({
	name: "knowledge-base.getArticleBySlug",
	access: "kb.read",
	rest: "GET /knowledge-base/articles/by-slug/:locale/:slug",
	help: "GET /articles/by-slug/:locale/:slug",
	summary: "Show an article by its slug",
	description: "A slug that the article had before it was renamed answers 301 with the present one.",
	path: strict({ locale: Type.String({ maxLength: 64 }), slug: Type.String({ maxLength: 400 }) }),
	query: strict({ view: View }),
	result: ArticleView,
	headers: byLanguage,
	countsView: true,
});

export const createArticle = defineAction({
	name: "knowledge-base.createArticle",
	access: "kb.write",
	rest: "POST /knowledge-base/articles",
	summary: "Write an article",
	description:
		"A draft unless `status` is `published`, which needs `kb.publish` (agents have it where the tenant's setting " +
		"`agentsMayPublish` says so) and a text. `locale` is the tenant's unless told. The slug is made of the title and " +
		"gets a number where it is taken.",
	body: strict({
		title: Title,
		body: Body,
		locale: Type.Optional(Locale),
		status: Type.Optional(Words(["draft", "in_review", "published"])),
		...ArticleFields,
	}),
	result: ArticleView,
	status: 201,
	headers: (article) => ({ ...byLanguage(article), Location: `/api/knowledge-base/articles/${article.id}` }),
});

export const updateArticle = defineAction({
	name: "knowledge-base.updateArticle",
	access: "kb.write",
	rest: ["PUT /knowledge-base/articles/:id", "PATCH /knowledge-base/articles/:id"],
	summary: "Change an article",
	description:
		"Only the fields that the body names change. Title, summary and body change the draft in `locale` (else the " +
		"language in which the article is shown to the caller): readers keep the published text until the draft is " +
		"published, which `status: published` does at once. Category, visibility, tags, order and slug take effect at " +
		"once; on an article that readers have they need `kb.publish`. Saves of one editor within a minute make one " +
		"version, unless they have a `changeNote`.",
	path: ById,
	body: strict({
		title: Type.Optional(Title),
		body: Type.Optional(Body),
		locale: Type.Optional(Locale),
		status: Type.Optional(Words(ARTICLE_STATUSES)),
		...ArticleFields,
	}),
	result: ArticleView,
	ifMatch: true,
	headers: byLanguage,
});

export const deleteArticle = defineAction({
	name: "knowledge-base.deleteArticle",
	access: "kb.write",
	rest: "DELETE /knowledge-base/articles/:id",
	summary: "Remove an article",
	description: "For good, with all languages and versions. One that was published needs `kb.publish`.",
	path: ById,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

const OneLanguage = strict({ locale: Type.Optional(Locale) });

const stateAction = (
	name: "submitArticle" | "unpublishArticle" | "archiveArticle" | "restoreArticle",
	rest: "submit" | "unpublish" | "archive" | "restore",
	[summary, description]: readonly [string, string],
) =>
	defineAction({
		name: `knowledge-base.${name}`,
		access: "kb.write",
		rest: `POST /knowledge-base/articles/:id/${rest}`,
		summary,
		description,
		path: ById,
		body: OneLanguage,
		result: ArticleView,
		ifMatch: true,
		headers: byLanguage,
	});

export const publishArticle = defineAction({
	name: "knowledge-base.publishArticle",
	access: "kb.write",
	rest: "POST /knowledge-base/articles/:id/publish",
	summary: "Publish a draft",
	description:
		"Readers get the newest text from now on, or from `publishAt` on: at most five seconds later. The language is " +
		"`locale`, else the one in which the article is shown to the caller. Needs a title and a text, and `kb.publish`. An " +
		"archived article answers 409 `invalid_transition` until it is restored.",
	path: ById,
	body: strict({ locale: Type.Optional(Locale), publishAt: Type.Optional(Nullable(Instant)) }),
	result: ArticleView,
	ifMatch: true,
	headers: byLanguage,
});

export const submitArticle = stateAction("submitArticle", "submit", [
	"Ask for a review",
	"A draft becomes `in_review`. The language is `locale`, else the one in which the article is shown to the caller.",
]);

export const unpublishArticle = stateAction("unpublishArticle", "unpublish", [
	"Take an article back",
	"What is published becomes a draft again, in `locale` or in all languages, and a publication to come is called off. " +
		"Needs `kb.publish`.",
]);

export const archiveArticle = stateAction("archiveArticle", "archive", [
	"Archive an article",
	"What is published is put away, in `locale` or in all languages: readers no longer have it. Needs `kb.publish`.",
]);

export const restoreArticle = stateAction("restoreArticle", "restore", [
	"Bring an archived article back",
	"What is archived becomes a draft, in `locale` or in all languages. Needs `kb.publish`.",
]);

/** Every action of the knowledge-base service that a client can call. */
export const knowledgeBaseContracts = [
	listArticles,
	getArticle,
	getArticleBySlug,
	createArticle,
	updateArticle,
	deleteArticle,
	publishArticle,
	submitArticle,
	unpublishArticle,
	archiveArticle,
	restoreArticle,
	...translationContracts,
	...categoryContracts,
	...engagementContracts,
];
