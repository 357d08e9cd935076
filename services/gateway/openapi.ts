import { type ActionContract, HELP_CENTRE } from "../../contracts/contract.ts";
import { API_VERSION } from "./negotiation.ts";
import { helpOperation } from "./openapi-help.ts";
import { FIELDS_PARAMETER, filterParameters, type Json, listQueryParameters } from "./openapi-parameters.ts";
import { PROBLEM_CODES } from "./problem-titles.ts";
import { fieldSchema } from "./projection.ts";
import type { RawRoute } from "./raw-route.ts";

const PROBLEM: Json = {
	type: "object",
	required: ["type", "title", "status", "detail", "code", "instance", "traceId"],
	properties: {
		type: { type: "string", format: "uri-reference", description: "`/problems/<code>`" },
		title: { type: "string", description: "in the language of the request, for people" },
		status: { type: "integer" },
		detail: { type: "string" },
		code: { type: "string", description: "stable, for programs", examples: [...PROBLEM_CODES] },
		instance: { type: "string", format: "uri-reference" },
		traceId: { type: "string" },
		errors: {
			type: "array",
			items: {
				type: "object",
				required: ["pointer", "code", "message"],
				properties: {
					pointer: { type: "string", description: "JSON pointer into the body, or the parameter's name" },
					code: { type: "string" },
					message: { type: "string" },
				},
			},
		},
	},
};

const HEADERS: Record<string, Json> = {
	ETag: { description: 'The version of the resource, `"v<version>"`.', schema: { type: "string" } },
	Location: { description: "Where the new resource is.", schema: { type: "string" } },
	Link: { description: "The next and previous page (RFC 8288).", schema: { type: "string" } },
	"Retry-After": { description: "Seconds to wait before the next try.", schema: { type: "integer" } },
	"Cache-Control": { description: "How long the answer may be kept, and by whom.", schema: { type: "string" } },
	"X-Request-Id": { description: "Names the request in logs.", schema: { type: "string" } },
	RateLimit: { description: "Requests left and seconds until the limit is whole again.", schema: { type: "string" } },
	"RateLimit-Policy": { description: "The limits that count here.", schema: { type: "string" } },
	"Idempotency-Replayed": { description: "`true` on the repeat of an earlier answer.", schema: { type: "string" } },
};

const REQUEST_HEADERS: Record<string, Json> = {
	IfMatch: {
		name: "If-Match",
		in: "header",
		description: "Change only the version that was read, else 412. Required where the tenant says so (428).",
		schema: { type: "string", examples: ['"v3"'] },
	},
	IfNoneMatch: {
		name: "If-None-Match",
		in: "header",
		description: "304 without a body where the client has this version already.",
		schema: { type: "string" },
	},
	IdempotencyKey: {
		name: "Idempotency-Key",
		in: "header",
		description: "Repeats with the same key and body get the first answer and take no further effect.",
		schema: { type: "string", minLength: 1, maxLength: 255 },
	},
};

const PROBLEM_RESPONSES: Record<number, string> = {
	400: "The request is malformed, or has a parameter that is not known.",
	401: "There is no valid credential.",
	403: "The caller may not do this.",
	404: "There is no such resource within the caller's reach.",
	409: "The present state does not allow it.",
	412: "The resource is at another version than If-Match says.",
	413: "The body is too large.",
	415: "The body is not JSON.",
	422: "Fields are missing, unknown or not acceptable.",
	428: "The tenant asks for If-Match.",
	429: "Too many requests.",
	503: "This part of the service is not available now.",
};

const clean = (schema: unknown): Json => JSON.parse(JSON.stringify(schema)) as Json;

function problemStatuses(contract: ActionContract, method: string): number[] {
	const statuses = [400, 429, 503];
	if (contract.access !== "public") statuses.push(401, 403);
	if (contract.path) statuses.push(404);
	if (method !== "GET") statuses.push(409, 422);
	if (contract.body) statuses.push(413, 415);
	if (contract.ifMatch) statuses.push(412, 428);
	return statuses.sort();
}

function isVersioned(contract: ActionContract): boolean {
	return !contract.list && "version" in ((contract.result as { properties?: object }).properties ?? {});
}

const header = (name: string): Json => ({ $ref: `#/components/headers/${name}` });

function goodResponse(contract: ActionContract): Json {
	const headers: Json = { "X-Request-Id": header("X-Request-Id"), RateLimit: header("RateLimit") };
	if (isVersioned(contract)) headers.ETag = header("ETag");
	if (contract.headers && contract.status === 201) headers.Location = header("Location");
	if (contract.list) headers.Link = header("Link");
	if (contract.status === 204) return { description: "Done.", headers };
	return {
		description: contract.status === 201 ? "Created." : "OK.",
		headers,
		content: { "application/json": { schema: clean(contract.result) } },
	};
}

function acceptedResponse({ accepted }: ActionContract): Json {
	if (!accepted) return {};
	const headers: Json = { "X-Request-Id": header("X-Request-Id"), Location: header("Location") };
	const content = { "application/json": { schema: clean(accepted.result) } };
	return { "202": { description: "It goes on; `Location` tells how far it is.", headers, content } };
}

function pathParameters(contract: ActionContract, template: string): Json[] {
	return [...template.matchAll(/:(\w+)/g)].map(([, name = ""]) => ({
		name,
		in: "path",
		required: true,
		schema: clean(contract.path?.properties[name] ?? { type: "string" }),
	}));
}

function queryParameters(contract: ActionContract, method: string): Json[] {
	const ofList = contract.list
		? listQueryParameters(contract.list)
		: Object.entries(contract.filters ?? {}).flatMap(([name, field]) => filterParameters(name, field));
	const required = new Set((contract.query?.required ?? []) as readonly string[]);
	const own = Object.entries(contract.query?.properties ?? {}).map(([name, schema]) => {
		const isArray = (schema as { type?: string }).type === "array";
		return {
			name,
			in: "query",
			required: required.has(name),
			schema: clean(schema),
			...(isArray ? { style: "form", explode: false } : {}),
		};
	});
	const hasFields = method === "GET" && fieldSchema(contract) !== null && !contract.query?.properties.fields;
	return [...own, ...ofList, ...(hasFields ? [FIELDS_PARAMETER] : [])];
}

function headerParameters(contract: ActionContract, method: string): Json[] {
	const names: string[] = [];
	if (contract.ifMatch) names.push("IfMatch");
	if (method === "GET" && isVersioned(contract)) names.push("IfNoneMatch");
	if (method === "POST" || method === "PATCH") names.push("IdempotencyKey");
	return names.map((name) => ({ $ref: `#/components/parameters/${name}` }));
}

function needsOf({ access, alsoPlatform }: ActionContract): string {
	return `Needs: \`${access}\`${alsoPlatform ? ", or the platform's credential, which means every tenant" : ""}.`;
}

function operation(contract: ActionContract, method: string, template: string, index: number): Json {
	const { access, body } = contract;
	const problems = problemStatuses(contract, method).map((status) => [
		String(status),
		{ $ref: `#/components/responses/Problem${status}` },
	]);
	const description = [contract.description, access === "public" ? "" : needsOf(contract)].filter(Boolean);
	return {
		operationId: index === 0 ? contract.name : `${contract.name}.${index + 1}`,
		tags: [contract.name.slice(0, contract.name.indexOf("."))],
		summary: contract.summary,
		...(description.length > 0 ? { description: description.join("\n\n") } : {}),
		...(access === "public" ? { security: [] } : {}),
		parameters: [
			...pathParameters(contract, template),
			...queryParameters(contract, method),
			...headerParameters(contract, method),
		],
		...(body
			? { requestBody: { required: contract.bodyRequired, content: { "application/json": { schema: clean(body) } } } }
			: {}),
		responses: {
			[String(contract.status)]: goodResponse(contract),
			...acceptedResponse(contract),
			...Object.fromEntries(problems),
		},
	};
}

/** Bodies that are read as they are, by media type. */
function binaryContent(types: readonly string[]): Json {
	const file = { type: "string", format: "binary" };
	const form = { type: "object", properties: { file }, required: ["file"] };
	return Object.fromEntries(types.map((type) => [type, { schema: type.startsWith("multipart/") ? form : file }]));
}

function rawOperation(route: RawRoute): Json {
	const { method, path, summary, description, access, status = 200, body, produces, consumes, result } = route;
	const parameters: Json[] = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({
		name,
		in: "path",
		required: true,
		schema: { type: "string" },
	}));
	for (const name of route.queryParameters ?? []) parameters.push({ name, in: "query", schema: { type: "string" } });
	if (route.takesIdempotencyKey) parameters.push({ $ref: "#/components/parameters/IdempotencyKey" });
	const needs = access === undefined ? "" : `Needs: \`${access}\`.`;
	const described = [description, needs].filter(Boolean).join("\n\n");
	return {
		operationId: `gateway.${method.toLowerCase()}${path.replaceAll(/[/:.]+(\w)/g, (_, letter) => letter.toUpperCase())}`,
		tags: ["gateway"],
		summary,
		...(described ? { description: described } : {}),
		...(access === undefined ? { security: [] } : {}),
		parameters,
		...(body ? { requestBody: { required: true, content: { "application/json": { schema: clean(body) } } } } : {}),
		...(consumes ? { requestBody: { required: true, content: binaryContent(consumes) } } : {}),
		responses: {
			[String(status)]: {
				description: status < 300 ? "OK." : "Go on there.",
				...(produces ? { content: { [produces]: { schema: { type: "string" } } } } : {}),
				...(result ? { content: { "application/json": { schema: clean(result) } } } : {}),
			},
			default: { $ref: "#/components/responses/Problem" },
		},
	};
}

function problemComponents(): Json {
	const content = { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } };
	const byStatus = Object.fromEntries(
		Object.entries(PROBLEM_RESPONSES).map(([status, description]) => [
			`Problem${status}`,
			{
				description,
				...(["429", "503"].includes(status) ? { headers: { "Retry-After": header("Retry-After") } } : {}),
				content,
			},
		]),
	);
	return { ...byStatus, Problem: { description: "It did not work.", content } };
}

/** The OpenAPI 3.1 document of the contracts, and of what the gateway answers itself. */
export function openApiDocument(contracts: readonly ActionContract[], rawRoutes: readonly RawRoute[] = []): Json {
	const paths: Record<string, Json> = {};
	const add = (method: string, template: string, described: Json) => {
		const path = template.replaceAll(/:(\w+)/g, "{$1}");
		paths[path] = { ...paths[path], [method.toLowerCase()]: described };
	};
	for (const contract of contracts) {
		for (const [index, alias] of contract.rest.entries()) {
			const [method = "", template = ""] = alias.split(" ");
			add(method, `/api${template}`, operation(contract, method, template, index));
		}
		for (const [index, alias] of contract.help.entries()) {
			const [method = "", template = ""] = alias.split(" ");
			add(method, HELP_CENTRE + template, helpOperation(operation(contract, method, template, index), method));
		}
	}
	for (const raw of rawRoutes.filter(({ undescribed }) => !undescribed)) add(raw.method, raw.path, rawOperation(raw));
	return {
		openapi: "3.1.0",
		info: {
			title: "Conductor",
			version: API_VERSION,
			description: "The back end of a customer-support desk. Errors are problem documents (RFC 9457).",
			license: { name: "MIT", identifier: "MIT" },
		},
		servers: [{ url: "/" }],
		security: [{ token: [] }, { session: [] }],
		paths,
		components: {
			schemas: { Problem: PROBLEM },
			headers: HEADERS,
			parameters: REQUEST_HEADERS,
			responses: problemComponents(),
			securitySchemes: {
				token: { type: "http", scheme: "bearer", description: "An API token, or a JWT of the configured issuer." },
				session: {
					type: "apiKey",
					in: "cookie",
					name: "conductor_session",
					description: "The session of a browser, by `/api/login`. Over https its name begins with `__Host-`.",
				},
			},
		},
	};
}
