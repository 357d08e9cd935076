import type { ActionContract } from "../../contracts/contract.ts";
import type { Metrics } from "../../lib/metrics.ts";
import { Problem } from "../../lib/problem.ts";
import type { Health } from "../../mixins/health.ts";
import { docsRoutes } from "./docs-page.ts";
import { openApiDocument } from "./openapi.ts";
import { PROBLEM_CODES, problemTitle } from "./problem-titles.ts";
import { titleLanguage } from "./problems.ts";
import type { RawRoute } from "./raw-route.ts";

const serviceOf = (contract: ActionContract) => contract.name.slice(0, contract.name.indexOf("."));

function healthRoutes(health: Health, services: readonly string[]): RawRoute[] {
	return [
		{
			method: "GET",
			path: "/health/live",
			summary: "Whether the process runs",
			unlimited: true,
			handler: (exchange) => exchange.send(200, { status: "live" }),
		},
		{
			method: "GET",
			path: "/health/ready",
			summary: "Whether the process should get requests",
			unlimited: true,
			async handler(exchange) {
				const { ready, status, checks } = await health.readiness();
				exchange.send(ready ? 200 : 503, { status, checks });
			},
		},
		{
			method: "GET",
			path: "/api/health",
			summary: "Which services can be reached",
			handler: (exchange) => exchange.send(200, health.summary(services)),
		},
	];
}

function metricsRoute(metrics: Metrics): RawRoute {
	return {
		method: "GET",
		path: "/metrics",
		summary: "Numbers for Prometheus",
		unlimited: true,
		async handler({ res, req }) {
			const text = await metrics.text();
			res.setHeader("Content-Type", metrics.contentType);
			res.end(req.method === "HEAD" ? undefined : text);
		},
	};
}

const problemRoute: RawRoute = {
	method: "GET",
	path: "/problems/:code",
	summary: "What a problem's code means",
	handler(exchange) {
		const code = exchange.params.code ?? "";
		if (!PROBLEM_CODES.includes(code)) throw new Problem(404, "not_found", "There is no such problem.");
		const language = titleLanguage(exchange.req.headers["accept-language"]);
		exchange.res.setHeader("Content-Language", language);
		exchange.send(200, { type: `/problems/${code}`, code, title: problemTitle(code, language) });
	},
};

function openApiRoute(contracts: readonly ActionContract[], rawRoutes: () => readonly RawRoute[]): RawRoute {
	let document: unknown;
	return {
		method: "GET",
		path: "/api/openapi.json",
		summary: "This API as OpenAPI 3.1",
		handler(exchange) {
			document ??= openApiDocument(contracts, rawRoutes());
			exchange.send(200, document);
		},
	};
}

/** What the gateway answers itself, beside the actions of the services: `others` too, which are added here. */
export function ownRoutes(
	contracts: readonly ActionContract[],
	health: Health,
	metrics: Metrics,
	others: readonly RawRoute[],
): RawRoute[] {
	const services = [...new Set(contracts.map(serviceOf))].sort();
	const routes: RawRoute[] = [
		...healthRoutes(health, services),
		metricsRoute(metrics),
		problemRoute,
		openApiRoute(contracts, () => routes),
		...docsRoutes,
		...others,
	];
	return routes;
}
