/** Where a link may lead, apart from places of the same site. `attachment:` names an attachment of the desk. */
export const LINK_SCHEMES: readonly string[] = ["http", "https", "mailto", "tel", "attachment"];

/** Where a picture may come from, apart from the same site. */
export const IMAGE_SCHEMES: readonly string[] = ["http", "https", "attachment"];

const SCHEME = /^([^/?#]*):/;

function decoded(url: string): string {
	try {
		return decodeURIComponent(url);
	} catch {
		return url;
	}
}

function hasAllowedScheme(url: string, schemes: readonly string[]): boolean {
	// Browsers read `\` as `/`, and skip blanks and control characters wherever they stand.
	// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
	const read = url.replace(/[\u0000-\u0020\u007f-\u00a0\u00ad\u200b-\u200f\u2028-\u202f\u2060\ufeff]/g, "");
	if (/^[/\\]{2}/.test(read)) return false;
	const scheme = SCHEME.exec(read.replaceAll("\\", "/"))?.[1];
	return scheme === undefined || schemes.includes(scheme.toLowerCase());
}

/**
 * Whether a URL is relative, or has one of these schemes. Everything with a colon before its first `/`, `?` or `#` is
 * taken to have a scheme (RFC 3986, 4.2), also where the colon is percent-encoded. `//host/…` says no scheme but leads
 * elsewhere: refused.
 */
export function isAllowedUrl(url: string, schemes: readonly string[]): boolean {
	return hasAllowedScheme(url, schemes) && hasAllowedScheme(decoded(url), schemes);
}
