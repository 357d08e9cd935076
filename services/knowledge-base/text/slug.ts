const MAX_LENGTH = 80;

const COMBINING_MARKS = /\p{M}/gu;

/** Letters that have no decomposition, as they are commonly written in ASCII. */
const FOLDED: Readonly<Record<string, string>> = {
	...{ ß: "ss", æ: "ae", œ: "oe", ø: "o", đ: "d", ð: "d", ħ: "h", ı: "i", ĸ: "k", ł: "l", ŋ: "n", þ: "th", ŧ: "t" },
};

function cut(words: string): string {
	return [...words].slice(0, MAX_LENGTH).join("").replace(/-+$/, "");
}

function latinSlug(title: string): string {
	const folded = title
		.normalize("NFKD")
		.replace(COMBINING_MARKS, "")
		.toLowerCase()
		.replace(/[^a-z0-9\s]/g, (letter) => FOLDED[letter] ?? letter);
	return folded.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
}

/** Letters, digits and the marks that belong to them, of any script: a path segment of an IRI (RFC 3987). */
function iriSlug(title: string): string {
	const words = title
		.normalize("NFKC")
		.toLowerCase()
		.match(/[\p{L}\p{N}\p{M}]+/gu);
	return (words ?? []).join("-");
}

const OTHER_LETTER = /(?=[\p{L}\p{N}])[^\p{Script=Latin}\p{Script=Common}\p{Script=Inherited}]/u;

/**
 * The name of an article in its URL: `Größe ändern!` is `grosse-andern`. Of a title in another script the letters are
 * kept: `返品する方法` stays as it is. One without letters and digits is `article-<shortId>`. At most 80 characters, no
 * `-` at the ends. That no other article has it is for the caller to see to.
 */
export function slugOf(title: string, shortId: string): string {
	return cut(OTHER_LETTER.test(title) ? iriSlug(title) : latinSlug(title)) || `article-${shortId}`;
}
