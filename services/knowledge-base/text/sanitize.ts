import { createRequire } from "node:module";
import type sanitizeHtml from "sanitize-html";
import { lazy } from "../../../lib/lazy.ts";
import { IMAGE_SCHEMES, isAllowedUrl, LINK_SCHEMES } from "./url.ts";

const HEADINGS = ["h1", "h2", "h3", "h4", "h5", "h6"];

/** All elements that an article may consist of. */
export const ALLOWED_TAGS: readonly string[] = [
	...["p", "br", "hr", ...HEADINGS, "ul", "ol", "li", "blockquote", "pre", "code", "em", "strong", "del", "a", "img"],
	...["table", "thead", "tbody", "tr", "th", "td", "input", "span", "div"],
];

/** All attributes that they may have. */
export const ALLOWED_ATTRIBUTES: Readonly<Record<string, readonly string[]>> = {
	...Object.fromEntries(HEADINGS.map((tag) => [tag, ["id"]])),
	a: ["href", "title", "rel"],
	img: ["src", "alt", "title"],
	ol: ["start"],
	li: ["class"],
	code: ["class"],
	th: ["align", "colspan", "rowspan"],
	td: ["align", "colspan", "rowspan"],
	input: ["type", "disabled", "checked"],
};

/** Neither search engines nor the other site learn anything of the page. */
const EXTERNAL = "nofollow noopener noreferrer";

const without = (attribs: sanitizeHtml.Attributes, name: string): sanitizeHtml.Attributes => {
	const { [name]: _gone, ...rest } = attribs;
	return rest;
};

const link: sanitizeHtml.Transformer = (tagName, attribs) => {
	const kept = without(attribs, "rel");
	const href = kept.href ?? "";
	if (!isAllowedUrl(href, LINK_SCHEMES)) return { tagName, attribs: without(kept, "href") };
	return { tagName, attribs: /^\s*https?:/i.test(href) ? { ...kept, rel: EXTERNAL } : kept };
};

const picture: sanitizeHtml.Transformer = (tagName, attribs) => ({
	tagName,
	attribs: isAllowedUrl(attribs.src ?? "", IMAGE_SCHEMES) ? attribs : without(attribs, "src"),
});

const heading: sanitizeHtml.Transformer = (tagName, attribs) => ({
	tagName,
	attribs: /^h-[\p{L}\p{N}\p{M}-]+$/u.test(attribs.id ?? "") ? attribs : without(attribs, "id"),
});

// The published types lack the option for attributes that may be empty.
const RULES: sanitizeHtml.IOptions & { allowedEmptyAttributes: string[] } = {
	allowedTags: [...ALLOWED_TAGS],
	allowedAttributes: Object.fromEntries(Object.entries(ALLOWED_ATTRIBUTES).map(([tag, names]) => [tag, [...names]])),
	allowedClasses: { code: [/^lang-[\p{L}\p{N}_+#.-]{1,40}$/u], li: ["task-list-item"] },
	allowedEmptyAttributes: ["alt", "href"],
	allowedSchemes: [...LINK_SCHEMES],
	allowedSchemesByTag: { img: [...IMAGE_SCHEMES] },
	allowProtocolRelative: false,
	disallowedTagsMode: "escape",
	transformTags: {
		a: link,
		img: picture,
		input: (tagName, { checked }) => ({
			tagName,
			attribs: { type: "checkbox", disabled: "", ...(checked === undefined ? {} : { checked: "" }) },
		}),
		...Object.fromEntries(HEADINGS.map((tag) => [tag, heading])),
	},
};

const sanitizer = lazy(() => createRequire(import.meta.url)("sanitize-html") as typeof sanitizeHtml);

/** HTML cut down to what an article may consist of. Nothing in it runs, loads or names anything but what is allowed. */
export function sanitizeArticle(html: string): string {
	return sanitizer()(html, RULES);
}
