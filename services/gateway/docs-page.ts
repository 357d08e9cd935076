import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import { Problem } from "../../lib/problem.ts";
import type { RawExchange, RawRoute } from "./raw-route.ts";

/*
 * The OpenAPI document in a browser, by Swagger UI as it lies in node_modules: nothing is loaded from elsewhere.
 */

const PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conductor API</title>
<link rel="icon" href="/api/docs/favicon-32x32.png">
<link rel="stylesheet" href="/api/docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="/api/docs/swagger-ui-bundle.js"></script>
<script src="/api/docs/start.js"></script>
</body>
</html>
`;

const START = `SwaggerUIBundle({
	url: "/api/openapi.json",
	dom_id: "#swagger-ui",
	deepLinking: true,
	docExpansion: "none",
	filter: true,
	validatorUrl: null,
});
`;

/** What the viewer needs, and nothing from any other host. It writes its own styles and draws icons from data URLs. */
const POLICY =
	"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const ASSETS: Record<string, string> = {
	"swagger-ui.css": "text/css; charset=utf-8",
	"swagger-ui-bundle.js": "text/javascript; charset=utf-8",
	"favicon-32x32.png": "image/png",
};

function folder(): string {
	return path.dirname(createRequire(import.meta.url).resolve("swagger-ui-dist/package.json"));
}

function serve({ req, res }: RawExchange, type: string, content: string | Buffer): void {
	res.setHeader("Content-Type", type);
	res.setHeader("Content-Security-Policy", POLICY);
	res.setHeader("Cache-Control", "public, max-age=3600");
	res.setHeader("Content-Length", Buffer.byteLength(content));
	res.end(req.method === "HEAD" ? undefined : content);
}

async function asset(exchange: RawExchange): Promise<void> {
	const name = exchange.params.asset ?? "";
	if (name === "start.js") return serve(exchange, "text/javascript; charset=utf-8", START);
	const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
	if (type === undefined) throw new Problem(404, "not_found", "There is no such file.");
	return serve(exchange, type, await readFile(path.join(folder(), name)));
}

/** The page and its files. */
export const docsRoutes: readonly RawRoute[] = [
	{
		method: "GET",
		path: "/api/docs",
		summary: "The API in a browser",
		handler: (exchange) => serve(exchange, "text/html; charset=utf-8", PAGE),
	},
	{ method: "GET", path: "/api/docs/:asset", summary: "A file of that page", undescribed: true, handler: asset },
];
