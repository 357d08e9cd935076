import type { Json } from "./openapi-parameters.ts";

/** What is different when the operation of a contract is called at a help centre, by somebody who has not signed in. */
export function helpOperation(signedIn: Json, method: string): Json {
	const { description, parameters, responses, ...same } = signedIn as {
		description?: string;
		parameters: Json[];
		responses: Record<string, Json>;
		operationId: string;
	};
	const { 401: _, ...rest } = responses;
	const visitors =
		"For everybody, as a visitor: what is published and public, in every count too. Credentials that are sent are not " +
		"looked at. A slug that is not known or not served is a 404.";
	return {
		...same,
		operationId: `${same.operationId}.help`,
		tags: ["help-centre"],
		security: [],
		description: [description?.replace(/(\n\n)?Needs: `[^`]+`\.$/, ""), visitors].filter(Boolean).join("\n\n"),
		parameters: [SLUG, ...parameters.filter(({ $ref }) => $ref !== IF_NONE_MATCH.$ref), ...conditional(method)],
		responses: {
			...(method === "GET" ? readable(rest) : rest),
			404: { $ref: "#/components/responses/Problem404" },
		},
	};
}

const SLUG: Json = {
	name: "tenantSlug",
	in: "path",
	required: true,
	description: "The slug of the tenant whose help centre it is.",
	schema: { type: "string", minLength: 2, maxLength: 63 },
};

const IF_NONE_MATCH: Json = { $ref: "#/components/parameters/IfNoneMatch" };
const conditional = (method: string): Json[] => (method === "GET" ? [IF_NONE_MATCH] : []);

/** Answers to reads may be kept by shared caches. */
function readable(responses: Record<string, Json>): Record<string, Json> {
	const good = responses[200] as Json & { headers?: Json };
	const headers = {
		...good.headers,
		ETag: { description: "Of the content.", schema: { type: "string" } },
		"Cache-Control": { $ref: "#/components/headers/Cache-Control" },
	};
	return { ...responses, 200: { ...good, headers }, 304: { description: "The client has this answer already." } };
}
