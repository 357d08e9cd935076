import { Problem } from "../../lib/problem.ts";

const TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/;
const TAGS = new RegExp(`^\\s*${TAG.source}(?:\\s*,\\s*${TAG.source})*\\s*$`);
const EACH_TAG = new RegExp(TAG.source, "g");
/** A language or another mark of the variant may stand behind the version, which is what counts for a change. */
const VERSION = /^"v(\d{1,9})(?:-[A-Za-z0-9-]{1,80})?"$/;

/** The entity tag of a version of a resource, or of one of its variants: `"v3"`, `"v3-de"`. */
export function entityTag(version: number, variant: string | null = null): string {
	return variant === null ? `"v${version}"` : `"v${version}-${variant}"`;
}

/**
 * Which variant of a resource an answer is, where there are several: its language, and whether that only stands in for
 * the one that was asked for. Null where there is one alone.
 */
export function variantOf(result: unknown, headers: Readonly<Record<string, string>>): string | null {
	const language = headers["Content-Language"]?.replaceAll(/[^A-Za-z0-9-]/g, "-");
	if (!language) return null;
	return (result as { isFallback?: unknown }).isFallback === true ? `${language}-fallback` : language;
}

/** The version of an answer that is one resource, or null. */
export function versionOf(result: unknown): number | null {
	const version = (result as { version?: unknown } | null)?.version;
	return Number.isInteger(version) ? (version as number) : null;
}

function tagsOf(header: string, name: string): string[] {
	if (!TAGS.test(header)) throw new Problem(400, "invalid_request", `${name} must be entity tags such as "v3", or *.`);
	return header.match(EACH_TAG) ?? [];
}

/**
 * The versions that `If-Match` allows; undefined where any will do. Tags are compared strongly, and one that names no
 * version of ours matches nothing, so the list may be empty.
 * @throws 400 for what are no entity tags
 */
export function ifMatchVersions(header: string | undefined): number[] | undefined {
	if (header === undefined || header.trim() === "*") return undefined;
	return tagsOf(header, "If-Match").flatMap((tag) => {
		const version = VERSION.exec(tag)?.[1];
		return version === undefined ? [] : [Number(version)];
	});
}

/** The version that an entity tag of ours names, or null. */
export function versionOfTag(tag: string | undefined): number | null {
	const version = VERSION.exec(tag ?? "")?.[1];
	return version === undefined ? null : Number(version);
}

/** Whether `If-None-Match` names the tag, so that the client has this answer already. Tags are compared weakly. */
export function isFresh(header: string | undefined, tag: string): boolean {
	if (header === undefined) return false;
	if (header.trim() === "*") return true;
	const opaque = (one: string) => one.trim().replace(/^W\//, "");
	return header.split(",").some((one) => opaque(one) === opaque(tag));
}
