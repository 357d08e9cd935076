import { Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Locale, Nullable, Words } from "./fields.ts";
import { ARTICLE_STATUSES } from "./knowledge-base-events.ts";
import { DiffView, TranslationItem, TranslationView, VersionItem, VersionView } from "./knowledge-base-views.ts";
import { defineList } from "./list-contract.ts";

/*
 * Languages and versions of an article: for those who write. Path parameters that cannot be a language or a number name
 * something that is not there, so they are read by the service.
 */

const OfArticle = strict({ id: Id });
const Word = Type.String({ maxLength: 64 });
const InLanguage = strict({ id: Id, locale: Word });
/** the language of the versions; the one in which the article is shown to the caller unless told */
const OneLanguage = strict({ locale: Type.Optional(Locale) });

export const listTranslations = defineAction({
	name: "knowledge-base.listTranslations",
	access: "kb.read",
	rest: "GET /knowledge-base/articles/:id/translations",
	summary: "List the languages of an article",
	description: "All of them for those who write; the published ones for readers.",
	path: OfArticle,
	result: Type.Object({ data: Type.Array(TranslationItem) }),
});

export const getTranslation = defineAction({
	name: "knowledge-base.getTranslation",
	access: "kb.read",
	rest: "GET /knowledge-base/articles/:id/translations/:locale",
	summary: "Show an article in precisely one language",
	description: "The newest text for those who write, the published one for readers. There is no fallback.",
	path: InLanguage,
	result: TranslationView,
	headers: ({ locale }) => ({ "Content-Language": locale }),
});

export const putTranslation = defineAction({
	name: "knowledge-base.putTranslation",
	access: "kb.write",
	rest: [
		"PUT /knowledge-base/articles/:id/translations/:locale",
		"PATCH /knowledge-base/articles/:id/translations/:locale",
	],
	summary: "Translate an article",
	description:
		"Makes the article in this language, which needs a title, or changes the draft of it: only the fields that the " +
		"body names. `status: published` publishes it at once and needs `kb.publish`.",
	path: InLanguage,
	body: strict({
		title: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
		body: Type.Optional(Type.String({ maxLength: 524_288 })),
		summary: Type.Optional(Nullable(Type.String({ maxLength: 512 }))),
		slug: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
		status: Type.Optional(Words(ARTICLE_STATUSES)),
		changeNote: Type.Optional(Nullable(Type.String({ maxLength: 255 }))),
	}),
	result: TranslationView,
	ifMatch: true,
	headers: ({ locale }) => ({ "Content-Language": locale }),
});

export const deleteTranslation = defineAction({
	name: "knowledge-base.deleteTranslation",
	access: "kb.write",
	rest: "DELETE /knowledge-base/articles/:id/translations/:locale",
	summary: "Remove an article in one language",
	description:
		"With its versions. The article's own language answers 409 `default_locale`. One that was published needs `kb.publish`.",
	path: InLanguage,
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});

export const VERSION_LIST = {
	filters: {
		locale: { type: "string", operators: ["eq"] },
		editorId: { type: "id", me: true, operators: ["eq", "in"] },
		createdAt: { type: "instant" },
	},
	sorts: ["versionNo"],
	defaultSort: "-versionNo",
} satisfies ListSpec;

export const listVersions = defineList({
	name: "knowledge-base.listVersions",
	access: "kb.write",
	rest: "GET /knowledge-base/articles/:id/versions",
	summary: "List the versions of an article",
	description:
		"Newest first, without their texts, in one language: `locale`, else the one in which the article is shown to the caller.",
	path: OfArticle,
	list: VERSION_LIST,
	item: VersionItem,
});

export const getVersion = defineAction({
	name: "knowledge-base.getVersion",
	access: "kb.write",
	rest: "GET /knowledge-base/articles/:id/versions/:n",
	summary: "Show a version of an article",
	path: strict({ id: Id, n: Word }),
	query: OneLanguage,
	result: VersionView,
});

export const diffVersions = defineAction({
	name: "knowledge-base.diffVersions",
	access: "kb.write",
	rest: "GET /knowledge-base/articles/:id/versions/:a/diff/:b",
	summary: "How two versions of an article differ",
	description: "A unified diff of the Markdown from version `a` to version `b`.",
	path: strict({ id: Id, a: Word, b: Word }),
	query: OneLanguage,
	result: DiffView,
});

export const restoreVersion = defineAction({
	name: "knowledge-base.restoreVersion",
	access: "kb.write",
	rest: "POST /knowledge-base/articles/:id/versions/:n/restore",
	summary: "Take up an old version again",
	description: "Its text becomes the draft, as a new version; readers keep what is published.",
	path: strict({ id: Id, n: Word }),
	body: OneLanguage,
	result: VersionView,
	ifMatch: true,
});

/** Every action on languages and versions of articles that a client can call. */
export const translationContracts = [
	listTranslations,
	getTranslation,
	putTranslation,
	deleteTranslation,
	listVersions,
	getVersion,
	diffVersions,
	restoreVersion,
];
