import { Type } from "typebox";
import { Id, Instant, Named, Nullable, Words } from "./fields.ts";
import { ARTICLE_STATUSES, VISIBILITIES } from "./knowledge-base-events.ts";

const InLanguage = {
	/** the language that this is shown in */
	locale: Type.String(),
	/** it is not the language that was asked for, which this does not have */
	isFallback: Type.Boolean(),
	/** all languages that the reader can have this in */
	availableLocales: Type.Array(Type.String()),
};

const Common = { id: Id, version: Type.Integer(), createdAt: Instant, updatedAt: Instant };

export const CategoryTranslation = Type.Object({ name: Type.String(), description: Nullable(Type.String()) });

const CategoryFields = {
	...Common,
	parentId: Nullable(Id),
	slug: Type.String(),
	/** among its siblings, smallest first */
	order: Type.Integer(),
	visibility: Words(VISIBILITIES),
	/** 1 at the root */
	depth: Type.Integer(),
	name: Type.String(),
	description: Nullable(Type.String()),
	...InLanguage,
	translations: Type.Record(Type.String(), CategoryTranslation),
	/** articles in it that the reader may see */
	articleCount: Type.Integer(),
	/** those in the categories below it too */
	totalArticleCount: Type.Integer(),
};

/** A category in the reader's language. */
export const CategoryView = Type.Object({
	...CategoryFields,
	/** the categories below it, of the same form, where the tree was asked for */
	children: Type.Optional(Type.Array(Type.Object({ id: Id, children: Type.Array(Type.Unknown()) }))),
});

export const HeadingView = Type.Object({ level: Type.Integer(), text: Type.String(), anchor: Type.String() });

const OfTranslation = {
	title: Type.String(),
	slug: Type.String(),
	summary: Nullable(Type.String()),
	status: Words(ARTICLE_STATUSES),
	publishedAt: Nullable(Instant),
	/** the article was published again in its own language after this translation */
	outdated: Type.Boolean(),
};

/** What only those are shown who write. */
const OfDraft = {
	/** when it is going to be published by itself */
	publishAt: Type.Optional(Nullable(Instant)),
	archivedAt: Type.Optional(Nullable(Instant)),
	/** the version that readers have */
	publishedVersionNo: Type.Optional(Nullable(Type.Integer())),
	/** the newest version */
	draftVersionNo: Type.Optional(Type.Integer()),
	/** there are edits that readers do not have yet */
	hasUnpublishedChanges: Type.Optional(Type.Boolean()),
};

const Content = {
	/** Markdown, as written */
	body: Type.String(),
	/** safe to show */
	bodyHtml: Type.String(),
	headings: Type.Array(HeadingView),
	plainText: Type.String(),
};

const ArticleFields = {
	...Common,
	...InLanguage,
	...OfTranslation,
	...OfDraft,
	categoryId: Nullable(Id),
	category: Nullable(Type.Object({ id: Id, name: Type.String(), slug: Type.String() })),
	order: Type.Integer(),
	/** by name for readers */
	author: Type.Object({ id: Type.Optional(Id), name: Type.String() }),
	// For those who write, as is reviewDueAt.
	authorId: Type.Optional(Id),
	ownerId: Type.Optional(Id),
	owner: Type.Optional(Named),
	/** its own; that of its categories may be stricter */
	visibility: Words(VISIBILITIES),
	/** the stricter of its own and its categories' */
	effectiveVisibility: Words(VISIBILITIES),
	defaultLocale: Type.String(),
	publishedLocales: Type.Array(Type.String()),
	tags: Type.Array(Type.String()),
	viewCount: Type.Integer(),
	helpfulCount: Type.Integer(),
	notHelpfulCount: Type.Integer(),
	/** lower bound of the share of helpful votes (Wilson, 95 %), 0 to 1 */
	score: Type.Number(),
	reviewDueAt: Type.Optional(Nullable(Instant)),
};

/** An article in the reader's language, as lists have it. */
export const ArticleItem = Type.Object(ArticleFields);

/** An article in the reader's language with all of its text. */
export const ArticleView = Type.Object({ ...ArticleFields, ...Content });

/** One language of an article. `version` is the article's. */
export const TranslationItem = Type.Object({
	articleId: Id,
	locale: Type.String(),
	version: Type.Integer(),
	updatedAt: Instant,
	...OfTranslation,
	...OfDraft,
});

export const TranslationView = Type.Object({
	...TranslationItem.properties,
	...Content,
	bodyMarkdown: Type.String(),
});

const VersionFields = {
	id: Id,
	articleId: Id,
	locale: Type.String(),
	versionNo: Type.Integer(),
	title: Type.String(),
	summary: Nullable(Type.String()),
	editorId: Id,
	editor: Named,
	createdAt: Instant,
	changeNote: Nullable(Type.String()),
	/** when readers first had it, null where they never did */
	publishedAt: Nullable(Instant),
};

export const VersionItem = Type.Object(VersionFields);

export const VersionView = Type.Object({ ...VersionFields, ...Content, bodyMarkdown: Type.String() });

/** How two versions of an article in one language differ. */
export const DiffView = Type.Object({
	articleId: Id,
	locale: Type.String(),
	from: Type.Integer(),
	to: Type.Integer(),
	/** unified diff of the Markdown; empty where it is the same */
	diff: Type.String(),
	/** lines */
	added: Type.Integer(),
	removed: Type.Integer(),
	title: Type.Object({ from: Type.String(), to: Type.String() }),
	summary: Type.Object({ from: Nullable(Type.String()), to: Nullable(Type.String()) }),
});
