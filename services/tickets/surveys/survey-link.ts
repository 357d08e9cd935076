import { createHmac, timingSafeEqual } from "node:crypto";
import type { Store } from "../../../mixins/store.ts";
import type { CsatResponse } from "../../../models/csat-response.ts";

/*
 * The link to a survey is made of the survey's id and a code that only this service can make for it, so that nothing that
 * is stored lets anybody answer, and a link can be given again at any time.
 */

const ID_LENGTH = 22;
const CODE_BYTES = 24;

function codeFor({ secret }: Pick<Store, "secret">, { tenantId, _id }: Pick<CsatResponse, "tenantId" | "_id">): Buffer {
	return createHmac("sha256", secret).update(`csat ${tenantId} ${_id}`).digest().subarray(0, CODE_BYTES);
}

/** The path that asks a survey's customer without sign-in. */
export function surveyUrl(store: Pick<Store, "secret">, survey: Pick<CsatResponse, "tenantId" | "_id">): string {
	const id = Buffer.from(survey._id.replaceAll("-", ""), "hex").toString("base64url");
	return `/api/csat/${id}${codeFor(store, survey).toString("base64url")}`;
}

/** The id of the survey that a token names. Whether it is good is for {@link isLinkTo} to say. */
export function surveyIdOf(token: string): string {
	const hex = Buffer.from(token.slice(0, ID_LENGTH), "base64url").toString("hex");
	return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** Whether a token is the one of a survey; compared in constant time. */
export function isLinkTo(
	store: Pick<Store, "secret">,
	survey: Pick<CsatResponse, "tenantId" | "_id">,
	token: string,
): boolean {
	const given = Buffer.from(token.slice(ID_LENGTH), "base64url");
	return given.length === CODE_BYTES && timingSafeEqual(given, codeFor(store, survey));
}
