import type { TSchema } from "typebox";
import { type ActionContract, HELP_CENTRE } from "../../contracts/contract.ts";
import { contracts } from "../../contracts/registry.ts";
import { createAjv } from "../../mixins/contract-validator.ts";
import { Endpoint } from "../../services/gateway/endpoint.ts";
import { openApiDocument } from "../../services/gateway/openapi.ts";
import { requestKind } from "../../services/gateway/rate-limit/limits.ts";
import { RouteTable } from "../../services/gateway/router.ts";

/* What would otherwise only be found when an action is first called, because schemas are compiled then. */

const ajv = createAjv();

/** Every route of a contract, with where it is. */
const aliasesOf = ({ rest, help }: ActionContract) => [
	...rest.map((alias) => [alias, "/api"] as const),
	...help.map((alias) => [alias, HELP_CENTRE] as const),
];

test.each(contracts.map((contract) => [contract.name, contract] as const))(
	"the schemas of %s compile",
	(_, contract) => {
		const parts: (TSchema | undefined)[] = [
			contract.params,
			contract.path,
			contract.query,
			contract.body,
			contract.result,
		];
		for (const schema of parts) if (schema) ajv.compile(schema);
	},
);

test("every route leads to its own contract, whatever stands beside it", () => {
	const table = new RouteTable();
	for (const contract of contracts)
		for (const [alias, below] of aliasesOf(contract)) {
			const [method = "", path = ""] = alias.split(" ");
			table.add({ method, template: below + path, endpoint: new Endpoint(contract) });
		}
	for (const contract of contracts)
		for (const [alias, below] of aliasesOf(contract)) {
			const [method = "", path = ""] = alias.split(" ");
			const match = table.match(method, (below + path).replaceAll(/:(\w+)/g, "some-id"));
			expect(match.kind === "route" && match.route.endpoint?.contract.name).toBe(contract.name);
		}
});

test("path parameters of routes are those of the contract", () => {
	for (const contract of contracts)
		for (const alias of [...contract.rest, ...contract.help]) {
			const inRoute = [...alias.matchAll(/:(\w+)/g)].map(([, name = ""]) => name);
			const required = (contract.path?.required ?? []) as readonly string[];
			expect([alias, required.filter((name) => !inRoute.includes(name))]).toEqual([alias, []]);
			expect([alias, inRoute.filter((name) => !contract.path?.properties[name])]).toEqual([alias, []]);
		}
});

test("every change of something that has a version honours If-Match", () => {
	const hasNone = ({ properties }: { properties?: object }) => properties !== undefined && !("version" in properties);
	const deaf = contracts.filter(
		({ rest, ifMatch, result }) =>
			!ifMatch && !hasNone(result) && rest.some((alias) => /^(PUT|PATCH|DELETE) /.test(alias)),
	);
	expect(deaf.map(({ name }) => name)).toEqual([]);
});

test("the OpenAPI document names every route once", () => {
	const { paths } = openApiDocument(contracts) as { paths: Record<string, Record<string, { operationId: string }>> };
	const operations = Object.values(paths).flatMap((path) => Object.values(path));
	expect(operations.length).toBe(new Set(contracts.flatMap((contract) => aliasesOf(contract).map(String))).size);
	expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
});

test.each([
	["GET /customers", "default"],
	["GET /customers/search", "search"],
	["GET /customers/search/:query", "search"],
	["GET /exports/tickets", "export"],
	["GET /customers/:id/export", "export"],
	["GET /research", "default"],
])("%s counts against the bucket %s", (alias, kind) => {
	expect(requestKind({ rest: [alias], help: [] } as never)).toBe(kind);
	expect(requestKind({ rest: [], help: [alias] } as never)).toBe(kind);
});
