import { type ArticleStatus, articleStatuses } from "./article.ts";
import { defineModel, type Entity } from "./model.ts";

/** What lists show of a version, kept with the translation. */
export interface ArticleHead {
	title: string;
	summary: string | null;
}

/** An article in one language. Its text is in its versions: the published one for readers, the newest for writers. */
export interface ArticleTranslation extends Entity {
	articleId: string;
	locale: string;
	/** unique in the tenant and language, also among all slugs that articles had: see `article-slug.ts` */
	slug: string;
	/** chosen by somebody; else it follows the title */
	slugChosen: boolean;
	status: ArticleStatus;
	/** when the version `publishVersionNo` is going to be published by itself */
	publishAt: Date | null;
	publishVersionNo: number | null;
	publishedAt: Date | null;
	archivedAt: Date | null;
	publishedVersionNo: number | null;
	draftVersionNo: number;
	/** how often its text was saved: saves within a minute make one version, and each is a change all the same */
	saves: number;
	/** the default language was published again after this */
	outdated: boolean;
	/** of the newest version */
	draft: ArticleHead;
	/** of the published version */
	published: ArticleHead | null;
}

const head = { _id: false, title: { type: String, required: true }, summary: { type: String, default: null } };
const instant = { type: Date, default: null };
const number = { type: Number, default: null };

export const articleTranslationModel = defineModel<ArticleTranslation>(
	"article_translations",
	{
		articleId: { type: String, required: true },
		locale: { type: String, required: true },
		slug: { type: String, required: true },
		slugChosen: { type: Boolean, required: true },
		status: { type: String, required: true, enum: [...articleStatuses] },
		publishAt: instant,
		publishVersionNo: number,
		publishedAt: instant,
		archivedAt: instant,
		publishedVersionNo: number,
		draftVersionNo: { type: Number, required: true },
		saves: { type: Number, required: true },
		outdated: { type: Boolean, required: true },
		draft: { type: head, required: true },
		published: { type: head, default: null },
	},
	[
		[{ tenantId: 1, articleId: 1, locale: 1 }, { unique: true }],
		[{ tenantId: 1, outdated: 1, status: 1, _id: 1 }, {}],
	],
);
