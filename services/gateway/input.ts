import type { ValidateFunction } from "ajv";
import type { TObject, TSchema } from "typebox";
import type { ActionContract } from "../../contracts/contract.ts";
import { filterParameters, listParameters } from "../../lib/list-parameters.ts";
import type { ListSpec } from "../../lib/list-query.ts";
import { notFound, Problem } from "../../lib/problem.ts";
import { badParameter, type QueryParameter } from "../../lib/query-string.ts";
import { createAjv, problemItems, schemaProblem } from "../../mixins/contract-validator.ts";
import { plainParameters } from "./plain-parameters.ts";
import { fieldSchema } from "./projection.ts";

const ajv = createAjv();
const NOTHING = { type: "object", properties: {}, additionalProperties: false } as unknown as TObject;

/** Schemas are compiled when a route is first used, which keeps them out of the start. */
function lazily(schema: TSchema): () => ValidateFunction {
	let validate: ValidateFunction | undefined;
	return () => {
		validate ??= ajv.compile(schema);
		return validate;
	};
}

/** What of a request makes the action's parameters. */
export interface RequestInput {
	path: Record<string, string | undefined>;
	query: readonly QueryParameter[];
	/** the parsed body, undefined where there is none */
	body: unknown;
	/** the caller's id, for `me` */
	callerId: string | null;
}

/** Makes an action's parameters of a request, strictly: what the contract does not name is refused, never ignored. */
export class InputReader {
	private readonly contract: ActionContract;
	private readonly validatePath: (() => ValidateFunction) | null;
	private readonly validateQuery: (() => ValidateFunction) | null;
	private readonly validateBody: () => ValidateFunction;
	private readonly querySchema: TObject | undefined;

	constructor(contract: ActionContract) {
		this.contract = contract;
		this.validatePath = contract.path ? lazily(contract.path) : null;
		this.querySchema = fieldSchema(contract) ?? contract.query;
		this.validateQuery = this.querySchema ? lazily(this.querySchema) : null;
		this.validateBody = lazily(contract.body ?? NOTHING);
	}

	/** @throws 404 for an id that cannot be one, 400 for the query, 400 and 422 for the body */
	read(input: RequestInput): Record<string, unknown> {
		return { ...this.query(input), ...this.path(input.path), ...this.body(input.body) };
	}

	/** The path's parameters; one that no resource can have is a resource that is not there. */
	path(path: Record<string, string | undefined>): Record<string, unknown> {
		if (!this.validatePath) return {};
		const properties = this.contract.path?.properties as Record<string, { type?: string }>;
		const params: Record<string, unknown> = {};
		for (const [name, schema] of Object.entries(properties)) {
			const text = path[name];
			if (text === undefined) continue;
			params[name] = (schema.type === "integer" || schema.type === "number") && text !== "" ? Number(text) : text;
		}
		if (!this.validatePath()(params)) throw notFound("resource");
		return params;
	}

	private query({ query, callerId }: RequestInput): Record<string, unknown> {
		const { list, filters } = this.contract;
		if (filters) return this.filteredQuery(filters, query, callerId);
		if (!list) return this.plainQuery(query);
		const own = this.contract.query?.properties ?? {};
		const isOwn = ({ name }: QueryParameter) => Object.hasOwn(own, name);
		const params = listParameters(
			list,
			query.filter((parameter) => !isOwn(parameter)),
			callerId,
		);
		return { ...params, ...this.plainQuery(query.filter(isOwn)) };
	}

	private filteredQuery(
		filters: ListSpec["filters"],
		query: readonly QueryParameter[],
		callerId: string | null,
	): Record<string, unknown> {
		const isFilter = ({ name }: QueryParameter) => Object.hasOwn(filters, name);
		const filter = filterParameters(filters, query.filter(isFilter), callerId);
		return { ...filter, ...this.plainQuery(query.filter((parameter) => !isFilter(parameter))) };
	}

	private plainQuery(query: readonly QueryParameter[]): Record<string, unknown> {
		const params = plainParameters(this.querySchema, query);
		const validate = this.validateQuery?.();
		if (validate && !validate(params)) {
			const [item] = problemItems(validate.errors ?? []);
			throw badParameter((item?.pointer ?? "/").slice(1), item?.message ?? "is not acceptable");
		}
		return params;
	}

	private body(body: unknown): Record<string, unknown> {
		if (body === undefined) {
			if (this.contract.bodyRequired) throw new Problem(400, "invalid_request", "This needs a JSON body.");
			return {};
		}
		const validate = this.validateBody();
		if (!validate(body)) throw schemaProblem(validate.errors ?? []);
		return body as Record<string, unknown>;
	}
}
