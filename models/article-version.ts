import { Schema } from "mongoose";
import { defineModel, type Entity } from "./model.ts";

/** What the renderer made of a version's Markdown. */
export interface RenderedBody {
	bodyHtml: string;
	headings: { level: number; text: string; anchor: string }[];
	plainText: string;
	/** the text between a heading and the next; before the first there is neither heading nor anchor */
	sections: { heading: string | null; anchor: string | null; text: string }[];
}

/** An article's text in one language as it once was. Never changed once published or followed by another. */
export interface ArticleVersion extends Entity {
	articleId: string;
	locale: string;
	/** from 1 */
	versionNo: number;
	title: string;
	summary: string | null;
	bodyMarkdown: string;
	rendered: RenderedBody;
	/** which renderer made `rendered`: what an older one made is made again when it is read */
	rendererVersion: number;
	editorId: string;
	changeNote: string | null;
	/** when readers first had it, null where they never did */
	publishedAt: Date | null;
}

export const articleVersionModel = defineModel<ArticleVersion>(
	"article_versions",
	{
		articleId: { type: String, required: true },
		locale: { type: String, required: true },
		versionNo: { type: Number, required: true },
		title: { type: String, required: true },
		summary: { type: String, default: null },
		bodyMarkdown: { type: String, default: "" },
		rendered: { type: Schema.Types.Mixed, required: true },
		rendererVersion: { type: Number, required: true },
		editorId: { type: String, required: true },
		changeNote: { type: String, default: null },
		publishedAt: { type: Date, default: null },
	},
	[
		[{ tenantId: 1, articleId: 1, locale: 1, versionNo: 1, _id: 1 }, {}],
		[{ tenantId: 1, articleId: 1, locale: 1, versionNo: 1 }, { unique: true }],
	],
);
