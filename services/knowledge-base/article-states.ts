import { Problem } from "../../lib/problem.ts";
import type { ArticleStatus } from "../../models/article.ts";
import type { ArticleHead, ArticleTranslation } from "../../models/article-translation.ts";

/** What can be done with an article in one language. */
export type Step = "submit" | "withdraw" | "publish" | "unpublish" | "archive" | "restore";

/**
 * draft → in_review → published → archived → draft, as the specification has it; a draft may be published without a
 * review, a review may be called off, and what is published may be taken back. What is not here answers 409; a step to
 * where an article already is does nothing.
 */
const STEPS: Record<Step, Partial<Record<ArticleStatus, ArticleStatus>>> = {
	submit: { draft: "in_review", in_review: "in_review" },
	withdraw: { in_review: "draft", draft: "draft" },
	publish: { draft: "published", in_review: "published", published: "published" },
	unpublish: { published: "draft", draft: "draft", in_review: "in_review" },
	archive: { published: "archived", archived: "archived" },
	restore: { archived: "draft", draft: "draft" },
};

/** Those that change what readers have. */
const OF_PUBLISHERS: readonly Step[] = ["publish", "unpublish", "archive", "restore"];

export const needsPublishing = (step: Step): boolean => OF_PUBLISHERS.includes(step);

/** The status after a step, or null where it cannot be taken. */
export function statusAfter(status: ArticleStatus, step: Step): ArticleStatus | null {
	return STEPS[step][status] ?? null;
}

/** Throws 409 `invalid_transition` for a step that cannot be taken from here. */
export function checkStep({ locale, status }: ArticleTranslation, step: Step): void {
	if (statusAfter(status, step) !== null) return;
	throw new Problem(409, "invalid_transition", `The article in ${locale} is ${status}: it cannot ${step} from there.`, {
		extra: { status, locale },
	});
}

/** The step that leads to a status which a client names, or null where the article has it already. */
export function stepTo(from: ArticleStatus, to: ArticleStatus): Step | null {
	// Naming `published` publishes the draft, also where an older text is published already.
	if (to === "published") return "publish";
	if (from === to) return null;
	if (to === "in_review") return "submit";
	if (to === "archived") return "archive";
	return from === "published" ? "unpublish" : from === "archived" ? "restore" : "withdraw";
}

const UNSCHEDULED = { publishAt: null, publishVersionNo: null };

/** A translation after a step other than publishing. Throws 409 `invalid_transition`. */
export function afterStep(before: ArticleTranslation, step: Exclude<Step, "publish">, now: Date): ArticleTranslation {
	checkStep(before, step);
	const status = statusAfter(before.status, step) as ArticleStatus;
	if (step === "submit" || step === "withdraw") return { ...before, status };
	const taken = before.published === null ? {} : { published: null, publishedVersionNo: null, publishedAt: null };
	const archivedAt = status === "archived" ? (before.archivedAt ?? now) : null;
	return { ...before, ...UNSCHEDULED, ...taken, archivedAt, status };
}

/**
 * A translation whose version `versionNo` readers have from now on; the same one where they have it already. Throws 409
 * `invalid_transition`.
 */
export function afterPublishing(
	before: ArticleTranslation,
	version: ArticleHead & { versionNo: number },
	now: Date,
): ArticleTranslation {
	checkStep(before, "publish");
	const { title, summary, versionNo } = version;
	if (before.status === "published" && before.publishedVersionNo === versionNo) return { ...before, ...UNSCHEDULED };
	return {
		...before,
		...UNSCHEDULED,
		status: "published",
		published: { title, summary },
		publishedVersionNo: versionNo,
		publishedAt: now,
		archivedAt: null,
		outdated: false,
	};
}
