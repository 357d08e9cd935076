/** A timer that publishes a translation when its time has come. */
export const PUBLICATION = "publication";

/** The timer of a translation: there is one at most. */
export const publicationOf = ({ _id: subjectId, tenantId }: { _id: string; tenantId: string }) => ({
	tenantId,
	subjectId,
	kind: PUBLICATION,
});

/** What such a timer has to know besides: where the translation belongs. */
export const placeOf = ({ articleId, locale }: { articleId: string; locale: string }) => ({ articleId, locale });
