import { type DefaultTreeAdapterTypes, parseFragment } from "parse5";

/*
 * What the HTML of an article may consist of, said once more and apart from the code that makes it, and checked the way
 * a browser would see it: parsed by the HTML standard's rules, URLs resolved by the URL standard's.
 */

const TAGS = new Set(
	(
		"p br hr h1 h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del a img table thead tbody tr th td input " +
		"span div"
	).split(" "),
);
const ATTRIBUTES: Record<string, RegExp> = {
	"a href": /^/,
	"a title": /^/,
	"a rel": /^nofollow noopener noreferrer$/,
	"img src": /^/,
	"img alt": /^/,
	"img title": /^/,
	"ol start": /^/,
	"li class": /^task-list-item$/,
	"code class": /^lang-[\p{L}\p{N}_+#.-]+$/u,
	"th align": /^/,
	"th colspan": /^/,
	"th rowspan": /^/,
	"td align": /^/,
	"td colspan": /^/,
	"td rowspan": /^/,
	"input type": /^checkbox$/,
	"input disabled": /^$/,
	"input checked": /^$/,
};
const HEADING_ID = /^h[1-6] id=h-[\p{L}\p{N}\p{M}-]+$/u;
const LINKS = new Set(["http:", "https:", "mailto:", "tel:", "attachment:"]);
const IMAGES = new Set(["http:", "https:", "attachment:"]);
const SITE = "https://desk.invalid";

type Element = DefaultTreeAdapterTypes.Element;
type Node = DefaultTreeAdapterTypes.Node;

export interface Article {
	/** what may not be there; none when all is well */
	wrong: string[];
	links: string[];
	images: string[];
	ids: string[];
	/** the text that a reader sees, and nothing else */
	text: string;
}

function checkUrl(value: string, schemes: ReadonlySet<string>): { wrong: string | null; external: boolean } {
	let url: URL;
	try {
		url = new URL(value, `${SITE}/help/articles/one`);
	} catch {
		return { wrong: null, external: /^https?:/i.test(value) };
	}
	const external = url.origin !== SITE;
	if (!schemes.has(url.protocol)) return { wrong: `scheme ${url.protocol} of ${value}`, external };
	const saysScheme = /^[a-z][a-z0-9+.-]*:/i.test(value);
	return { wrong: external && !saysScheme ? `elsewhere without a scheme: ${value}` : null, external };
}

function checkElement(element: Element, found: Article): void {
	const { tagName, attrs, namespaceURI } = element;
	const attribute = (name: string): string | undefined => attrs.find((attr) => attr.name === name)?.value;
	if (namespaceURI !== "http://www.w3.org/1999/xhtml") found.wrong.push(`namespace ${namespaceURI}`);
	if (!TAGS.has(tagName)) found.wrong.push(`<${tagName}>`);
	for (const { name, value } of attrs) {
		const allowed = ATTRIBUTES[`${tagName} ${name}`];
		const fits = name === "id" ? HEADING_ID.test(`${tagName} id=${value}`) : allowed?.test(value);
		if (!fits) found.wrong.push(`<${tagName} ${name}="${value}">`);
		if (name === "id") found.ids.push(value);
	}
	if (tagName === "input" && attribute("disabled") === undefined) found.wrong.push("a box that can be ticked");
	const href = attribute("href");
	if (href !== undefined) {
		const { wrong, external } = checkUrl(href, LINKS);
		if (wrong) found.wrong.push(wrong);
		if (external && /^https?:/i.test(href) && !attribute("rel")) found.wrong.push(`no rel at ${href}`);
		found.links.push(href);
	}
	const src = attribute("src");
	if (src !== undefined) {
		const { wrong } = checkUrl(src, IMAGES);
		if (wrong) found.wrong.push(wrong);
		found.images.push(src);
	}
}

function walk(node: Node, found: Article): void {
	if (node.nodeName === "#text") found.text += (node as DefaultTreeAdapterTypes.TextNode).value;
	else if (node.nodeName.startsWith("#") && node.nodeName !== "#document-fragment") found.wrong.push(node.nodeName);
	if ("tagName" in node) checkElement(node, found);
	if ("childNodes" in node) for (const child of node.childNodes) walk(child, found);
}

/** Parses the HTML of an article as a browser would, and tells what is in it and what of that may not be. */
export function readArticle(html: string): Article {
	const found: Article = { wrong: [], links: [], images: [], ids: [], text: "" };
	walk(parseFragment(html), found);
	if (new Set(found.ids).size !== found.ids.length) found.wrong.push("an id twice");
	return found;
}
