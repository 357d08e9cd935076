import Negotiator from "negotiator";
import { problemTitle } from "../problem-titles.ts";
import { clientProblem } from "../problems.ts";
import type { RawExchange } from "../raw-route.ts";
import { escapeHtml, page, sendPage } from "./page.ts";

function wantsPage(accept: string | undefined): boolean {
	const offered = ["application/problem+json", "application/json", "text/html"];
	return new Negotiator({ headers: { accept: accept?.slice(0, 1000) } }).mediaType(offered) === "text/html";
}

/**
 * Runs a handler that a person's browser navigates to. What goes wrong is then told on a page instead of as
 * problem+json, when the client prefers one; what nobody foresaw is left to the gateway, which notes it.
 */
export async function withErrorPage(exchange: RawExchange, handler: () => Promise<void>): Promise<void> {
	try {
		await handler();
	} catch (error) {
		const problem = clientProblem(error);
		if (problem.code === 500 || !wantsPage(exchange.req.headers.accept)) throw error;
		for (const [name, value] of Object.entries(problem.data.headers ?? {})) exchange.res.setHeader(name, value);
		const again =
			problem.type === "sign_in_not_configured" ? "" : '<a class="button" href="/api/login">Sign in again</a>';
		const content = `<p>${escapeHtml(problem.message)}</p>\n${again}\n<small>${escapeHtml(problem.type)} · ${escapeHtml(exchange.requestId)}</small>`;
		sendPage(exchange.res, problem.code, page(problemTitle(problem.type, "en"), content));
	}
}
