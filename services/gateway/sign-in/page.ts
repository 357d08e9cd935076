import type { ServerResponse } from "node:http";

const ENTITIES: Readonly<Record<string, string>> = {
	"&": "&amp;",
	"<": "&lt;",
	">": "&gt;",
	'"': "&quot;",
	"'": "&#39;",
};

/** A text as it may stand in HTML, between tags and in quoted attributes. */
export function escapeHtml(text: string): string {
	return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? "");
}

const STYLE = `
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { max-width: 26rem; margin: 12vh auto; padding: 0 1.5rem }
h1 { font-size: 1.4rem }
button, a.button { display: block; width: 100%; box-sizing: border-box; margin: .6rem 0; padding: .8rem 1rem; text-align: left;
  font: inherit; color: inherit; text-decoration: none; background: transparent; border: 1px solid #8888; border-radius: .5rem;
  cursor: pointer }
button:hover, button:focus-visible, a.button:hover { border-color: currentColor }
small { display: block; opacity: .7 }`;

/** One of the few pages of the gateway. `content` is HTML whose texts are escaped. Nothing is loaded for it. */
export function page(title: string, content: string): string {
	const name = escapeHtml(title);
	return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
<style>${STYLE}</style>
<h1>${name}</h1>
${content}
</html>
`;
}

/** Answers with a page. `formTargets` are the origins that its form may lead to, besides our own. */
export function sendPage(res: ServerResponse, status: number, html: string, formTargets: readonly string[] = []): void {
	const forms = ["'self'", ...formTargets].join(" ");
	res.setHeader(
		"Content-Security-Policy",
		`default-src 'none'; style-src 'unsafe-inline'; form-action ${forms}; base-uri 'none'; frame-ancestors 'none'`,
	);
	res.setHeader("Content-Type", "text/html; charset=utf-8");
	res.setHeader("Content-Length", Buffer.byteLength(html));
	res.statusCode = status;
	res.end(html);
}
