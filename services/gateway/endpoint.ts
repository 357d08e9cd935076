import type { IncomingHttpHeaders } from "node:http";
import type { ActionContract } from "../../contracts/contract.ts";
import type { Page } from "../../lib/list-query.ts";
import { isProblem, Problem } from "../../lib/problem.ts";
import type { QueryParameter } from "../../lib/query-string.ts";
import type { Exchange } from "./exchange.ts";
import { InputReader } from "./input.ts";
import { linkHeader } from "./links.ts";
import { entityTag, ifMatchVersions, isFresh, variantOf, versionOf, versionOfTag } from "./preconditions.ts";
import { Projection } from "./projection.ts";
import { type RequestKind, requestKind } from "./rate-limit/limits.ts";
import { type Answer, jsonAnswer } from "./respond.ts";

/** An action as a request calls it, ready to go. */
export interface Invocation {
	params: Record<string, unknown>;
	/** the fields that the client wants, null for all */
	fields: string[] | null;
	/** the versions that `If-Match` allows, undefined for any */
	versions: number[] | undefined;
}

export type CallAction = (params: Record<string, unknown>) => Promise<unknown>;

/** What the gateway knows of one action: how a request becomes its parameters and its result an answer. */
export class Endpoint {
	readonly contract: ActionContract;
	readonly kind: RequestKind;
	private readonly input: InputReader;
	private readonly projection: Projection;

	constructor(contract: ActionContract) {
		this.contract = contract;
		this.kind = requestKind(contract);
		this.input = new InputReader(contract);
		this.projection = new Projection(contract);
	}

	/** @throws 400, 404, 422 and 428 for a request that the contract does not allow */
	prepare(
		exchange: Exchange,
		path: Record<string, string | undefined>,
		query: QueryParameter[],
		body: unknown,
	): Invocation {
		const { caller, req } = exchange;
		const params = this.input.read({ path, query, body, callerId: caller?.id ?? null });
		const fields = Array.isArray(params.fields) && exchange.method === "GET" ? (params.fields as string[]) : null;
		if (fields) this.projection.check(fields);
		if (fields && !this.contract.list) delete params.fields;
		const versions = this.contract.ifMatch ? ifMatchVersions(req.headers["if-match"]) : undefined;
		if (this.contract.ifMatch && req.headers["if-match"] === undefined && caller?.tenant?.settings.requireIfMatch)
			throw new Problem(428, "precondition_required", "This tenant asks for an If-Match header with every change.");
		return { params, fields, versions };
	}

	/** Calls the action under the client's `If-Match`, of whose versions any may be the present one. */
	async invoke({ params, versions }: Invocation, call: CallAction): Promise<unknown> {
		if (versions === undefined) return call(params);
		try {
			// No resource has version 0: tags that name none of ours lead to the answer that nothing matches.
			return await call({ ...params, ifVersion: Math.max(0, ...versions) });
		} catch (error) {
			const current = isProblem(error) && error.code === 412 ? versionOfTag(error.data.headers?.ETag) : null;
			if (current === null || versions.length < 2 || !versions.includes(current)) throw error;
			return call({ ...params, ifVersion: current });
		}
	}

	/** The answer for a result. */
	answer(exchange: Exchange, { params, fields }: Invocation, result: unknown): Answer {
		const { contract } = this;
		const headers: Record<string, string> = { ...contract.headers?.(result) };
		if (result === null || result === undefined || contract.status === 204) return { status: 204, headers, body: null };
		if (contract.list) return this.listAnswer(exchange, fields, result as Page<unknown>, headers);
		// What everybody may have is tagged by its content, which is more than the resource's version.
		const version = exchange.route?.help ? null : versionOf(result);
		if (version !== null) {
			headers.ETag = entityTag(version, choosesLanguage(exchange) ? variantOf(result, headers) : null);
			if (isUnchanged(exchange, headers.ETag, params)) return { status: 304, headers, body: null };
		}
		const status = contract.accepted?.is(result) ? 202 : contract.status;
		return jsonAnswer(status, fields ? this.projection.one(result, fields) : result, headers);
	}

	private listAnswer(
		exchange: Exchange,
		fields: string[] | null,
		page: Page<unknown>,
		headers: Record<string, string>,
	): Answer {
		const link = linkHeader(exchange.path, exchange.queryString, page.page);
		if (link) headers.Link = link;
		if (!fields) return jsonAnswer(this.contract.status, page, headers);
		const data = page.data.map((row) => this.projection.one(row, fields));
		return jsonAnswer(this.contract.status, { ...page, data }, headers);
	}
}

/** Whether the request says which language it would rather have. Without that there is one answer for the caller. */
function choosesLanguage({ req }: Exchange): boolean {
	const wished = req.headers["accept-language"]?.trim() ?? "";
	return wished !== "" && wished !== "*";
}

/** What an `include` adds changes without the resource's version, so with one the client cannot have the answer already. */
function isUnchanged(exchange: Exchange, tag: string, params: Record<string, unknown>): boolean {
	const headers: IncomingHttpHeaders = exchange.req.headers;
	return exchange.method === "GET" && params.include === undefined && isFresh(headers["if-none-match"], tag);
}
