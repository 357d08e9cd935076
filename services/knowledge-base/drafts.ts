import { invalidField } from "../../lib/problem.ts";
import type { ArticleTranslation } from "../../models/article-translation.ts";
import type { ArticleVersion } from "../../models/article-version.ts";

/** The text of an article in one language. */
export interface ArticleText {
	title: string;
	summary: string | null;
	bodyMarkdown: string;
}

/** What a request says of it. */
export interface TextInput {
	title?: string;
	summary?: string | null;
	body?: string;
	changeNote?: string | null;
}

/** Bytes of UTF-8. */
export const MAX_BODY_BYTES = 512 * 1024;
const MAX_TITLE = 255;

/** How long saves of one editor make one version, ms from its first save. */
export const AUTOSAVE_MS = 60_000;

function titleOf(given: string): string {
	const title = given.trim();
	if (title === "") throw invalidField("/title", "A title has at least one letter.", "minLength");
	if ([...title].length > MAX_TITLE) throw invalidField("/title", "A title has at most 255 characters.", "maxLength");
	return title;
}

function bodyOf(body: string): string {
	if (Buffer.byteLength(body) > MAX_BODY_BYTES)
		throw invalidField("/body", `A text has at most ${MAX_BODY_BYTES} bytes of UTF-8.`, "maxLength");
	return body;
}

/** The text that a request leaves: what it does not name stays. Throws 422 with pointer for what cannot be kept. */
export function patchText(before: ArticleText | null, input: TextInput): ArticleText {
	if (before === null && input.title === undefined) throw invalidField("/title", "This field is required.", "required");
	return {
		title: input.title === undefined ? (before?.title ?? "") : titleOf(input.title),
		summary: input.summary === undefined ? (before?.summary ?? null) : input.summary?.trim() || null,
		bodyMarkdown: input.body === undefined ? (before?.bodyMarkdown ?? "") : bodyOf(input.body),
	};
}

/** Throws 422 where there is nothing to publish. */
export function checkPublishable({ bodyMarkdown }: ArticleText): void {
	if (bodyMarkdown.trim() === "")
		throw invalidField("/body", "An article without a text cannot be published.", "required");
}

const sameText = (one: ArticleText, other: ArticleText) =>
	one.title === other.title && one.summary === other.summary && one.bodyMarkdown === other.bodyMarkdown;

/** Who saves, when, and whether their edits reach a publication that is planned already. */
export interface Editing {
	editorId: string;
	now: Date;
	changeNote: string | null;
	publishes: boolean;
}

/**
 * What a save becomes: nothing where the text is as it was, the newest version once more where the same editor began it
 * within the last minute and no reader has had it, else a new version. A save with a note is a version of its own, and
 * what is planned to be published is not changed by somebody who may not publish.
 */
export function savedAs(
	translation: Pick<ArticleTranslation, "publishVersionNo" | "publishedVersionNo">,
	newest: ArticleVersion,
	text: ArticleText,
	editing: Editing,
): "nothing" | "same version" | "new version" {
	if (sameText(newest, text)) return "nothing";
	const { editorId, now, changeNote, publishes } = editing;
	const unread = newest.publishedAt === null && newest.versionNo !== translation.publishedVersionNo;
	const recent = now.getTime() - newest.createdAt.getTime() < AUTOSAVE_MS;
	const planned = translation.publishVersionNo === newest.versionNo && !publishes;
	const autosave = changeNote === null && newest.changeNote === null && newest.editorId === editorId;
	return unread && recent && autosave && !planned ? "same version" : "new version";
}
