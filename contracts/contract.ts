import { type Static, type TObject, type TSchema, Type } from "typebox";
import { type FilterField, type ListParams, type ListSpec, operatorsOf, type Page } from "../lib/list-query.ts";
import type { Permission } from "./permissions.ts";

/**
 * Who may call an action: somebody with a permission, `public` (nobody needs to sign in), `authenticated` (any verified
 * caller of a tenant), `platform` (provisioning), or `internal` (other services only, never reachable over HTTP).
 */
export type Access = Permission | "public" | "authenticated" | "platform" | "internal";

/** Where the `help` aliases of contracts are: the one place where a path names the tenant. */
export const HELP_CENTRE = "/api/help/:tenantSlug";

type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
export type RestAlias = `${Method} /${string}`;

/** What a service promises for one action. Types, validation, routes and the OpenAPI document all come from this. */
export interface ActionContract<P = unknown, R = unknown> {
	/** `service.action`, as the broker knows it */
	name: string;
	access: Access;
	/** the platform's own credential may call it as well, and then means every tenant; only beside a permission */
	alsoPlatform: boolean;
	/** a write that a tenant may still do that is leaving; all others are refused */
	whileOffboarding: boolean;
	/** one or more REST aliases below `/api`; none for internal actions */
	rest: readonly RestAlias[];
	/**
	 * aliases below `/api/help/:tenantSlug`, where visitors who have not signed in call the same action as `anonymous`
	 * of that tenant; none unless told
	 */
	help: readonly RestAlias[];
	summary: string;
	description?: string;
	path?: TObject;
	query?: TObject;
	body?: TObject;
	list?: ListSpec;
	/** what an action that is no list can be narrowed by, written as in lists and handed on as `filter` */
	filters?: Record<string, FilterField>;
	/** everything the action takes, flat: path, query and body (their names never overlap) */
	params: TObject;
	result: TSchema;
	/** status of a good answer, 200 unless told */
	status: number;
	/** the body of the request is required */
	bodyRequired: boolean;
	/** `If-Match` is understood and handed on as the parameter `ifVersion` */
	ifMatch: boolean;
	/** headers that a result adds to the response, such as `Location` */
	headers?: (result: R) => Record<string, string>;
	/**
	 * a good answer to a GET is one reader looking at one article, which the gateway tells the knowledge base when a
	 * customer or visitor asked; the result has the article's `id` and `locale`
	 */
	countsView: boolean;
	/** calling it twice does no more than calling it once: it may be sent again where its callee went away */
	idempotent: boolean;
	/** what a good answer is where the work goes on after it: 202 instead of `status` */
	accepted?: Accepted;
	/** only in types */
	readonly types?: { params: P; result: R };
}

/** The second kind of good answer of an action whose work may take longer than anybody waits. */
export interface Accepted {
	result: TSchema;
	/** whether a result is of this kind */
	is(result: unknown): boolean;
}

interface ActionDefinition<Path extends TObject, Query extends TObject, Body extends TObject, Result extends TSchema> {
	name: string;
	access: Access;
	alsoPlatform?: boolean;
	whileOffboarding?: boolean;
	rest?: RestAlias | readonly RestAlias[];
	help?: RestAlias | readonly RestAlias[];
	summary: string;
	description?: string;
	path?: Path;
	query?: Query;
	body?: Body;
	result: Result;
	status?: number;
	ifMatch?: boolean;
	headers?: (result: Static<Result>) => Record<string, string>;
	countsView?: boolean;
	/** where nobody says, what is reached by GET alone is */
	idempotent?: boolean;
	accepted?: Accepted;
}

const aliases = (given: RestAlias | readonly RestAlias[] | undefined): readonly RestAlias[] =>
	given === undefined ? [] : typeof given === "string" ? [given] : given;

const isRead = (given: readonly RestAlias[]) => given.length > 0 && given.every((alias) => alias.startsWith("GET "));

type Empty = TObject<Record<never, never>>;
type Versioned<Body> = Body & { ifVersion?: number };

export const strict = <T extends Record<string, TSchema>>(properties: T) =>
	Type.Object(properties, { additionalProperties: false });

const IfVersion = { ifVersion: Type.Optional(Type.Integer({ minimum: 0 })) };

function parameters(parts: (TObject | undefined)[]): TObject {
	const properties: Record<string, TSchema> = {};
	for (const part of parts)
		for (const [name, schema] of Object.entries(part?.properties ?? {})) {
			if (name in properties) throw new Error(`the parameter ${name} is named twice`);
			properties[name] = ((part?.required ?? []) as readonly string[]).includes(name) ? schema : Type.Optional(schema);
		}
	return strict(properties);
}

/** Declares an action. Throws at load time where path, query and body use one name twice. */
export function defineAction<
	Path extends TObject = Empty,
	Query extends TObject = Empty,
	Body extends TObject = Empty,
	Result extends TSchema = TSchema,
>(
	definition: ActionDefinition<Path, Query, Body, Result>,
): ActionContract<Versioned<Static<Path> & Static<Query> & Static<Body>>, Static<Result>> {
	const { rest, help, path, query, body } = definition;
	const contract: ActionContract<Versioned<Static<Path> & Static<Query> & Static<Body>>, Static<Result>> = {
		name: definition.name,
		access: definition.access,
		alsoPlatform: definition.alsoPlatform ?? false,
		whileOffboarding: definition.whileOffboarding ?? false,
		rest: aliases(rest),
		help: aliases(help),
		summary: definition.summary,
		params: parameters([path, query, body, definition.ifMatch ? strict(IfVersion) : undefined]),
		result: definition.result,
		status: definition.status ?? 200,
		bodyRequired: (body?.required ?? []).length > 0,
		ifMatch: definition.ifMatch ?? false,
		countsView: definition.countsView ?? false,
		idempotent: definition.idempotent ?? isRead(aliases(rest)),
	};
	if (definition.description) contract.description = definition.description;
	if (path) contract.path = path;
	if (query) contract.query = query;
	if (body) contract.body = body;
	if (definition.headers) contract.headers = definition.headers;
	if (definition.accepted) contract.accepted = definition.accepted;
	return contract;
}

const VALUE: Record<FilterField["type"], TSchema> = {
	string: Type.String({ maxLength: 255 }),
	id: Type.String({ maxLength: 64 }),
	number: Type.Number(),
	boolean: Type.Boolean(),
	instant: Type.String({ format: "date-time" }),
};

function conditionSchema(field: FilterField): TSchema {
	const value = field.values ? Type.Enum([...field.values]) : VALUE[field.type];
	const one = field.nullable ? Type.Union([value, Type.Null()]) : value;
	const many = Type.Array(one, { minItems: 1, maxItems: 100 });
	const operators: Record<string, TSchema> = {};
	for (const operator of operatorsOf(field)) {
		if (operator === "in" || operator === "nin" || operator === "all") operators[operator] = Type.Optional(many);
		else if (operator === "exists") operators[operator] = Type.Optional(Type.Boolean());
		else operators[operator] = Type.Optional(one);
	}
	const condition = Type.Object(operators, { additionalProperties: false, minProperties: 1 });
	return field.map ? Type.Record(Type.String({ pattern: "^[a-z][a-z0-9_]{0,63}$" }), condition) : condition;
}

function filterSchema(filters: ListSpec["filters"]) {
	const conditions = Object.entries(filters).map(([name, field]) => [name, Type.Optional(conditionSchema(field))]);
	return Type.Optional(strict(Object.fromEntries(conditions)));
}

/** Declares a read that is no list but is narrowed as lists are: the action gets the conditions as `filter`. */
export function defineFiltered<
	Path extends TObject = Empty,
	Query extends TObject = Empty,
	Result extends TSchema = TSchema,
>(
	definition: ActionDefinition<Path, Query, Empty, Result> & { filters: ListSpec["filters"] },
): ActionContract<Static<Path> & Static<Query> & Pick<ListParams, "filter">, Static<Result>> {
	const { path, query, filters } = definition;
	const contract = defineAction<Path, Query, Empty, Result>(definition);
	const params = parameters([path, query, strict({ filter: filterSchema(filters) })]);
	return { ...contract, filters, params } as unknown as ActionContract<
		Static<Path> & Static<Query> & Pick<ListParams, "filter">,
		Static<Result>
	>;
}

interface ListDefinition<Path extends TObject, Item extends TSchema> {
	name: string;
	access: Access;
	alsoPlatform?: boolean;
	rest?: RestAlias | readonly RestAlias[];
	help?: RestAlias | readonly RestAlias[];
	summary: string;
	description?: string;
	path?: Path;
	list: ListSpec;
	item: Item;
	headers?: (page: Page<Static<Item>>) => Record<string, string>;
}

/** Declares a list: keyset pages over the filters and sorts of its spec. */
export function defineList<Path extends TObject = Empty, Item extends TSchema = TSchema>(
	definition: ListDefinition<Path, Item>,
): ActionContract<Static<Path> & ListParams, Page<Static<Item>>> & { list: ListSpec; item: TSchema } {
	const { rest, help, path, list, item } = definition;
	const page = strict({
		filter: filterSchema(list.filters),
		sort: Type.Optional(Type.String({ maxLength: 200 })),
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100 })),
		cursor: Type.Optional(Type.String({ maxLength: 4000 })),
		page: Type.Optional(Type.Integer({ minimum: 1 })),
		count: Type.Optional(Type.Boolean()),
		include: Type.Optional(Type.Array(Type.Enum([...(list.includes ?? ["-"])]), { maxItems: 20 })),
		fields: Type.Optional(Type.Array(Type.String({ maxLength: 64 }), { maxItems: 100 })),
	});
	const contract = {
		name: definition.name,
		access: definition.access,
		alsoPlatform: definition.alsoPlatform ?? false,
		whileOffboarding: false,
		rest: aliases(rest),
		help: aliases(help),
		summary: definition.summary,
		params: parameters([path, page]),
		result: pageOf(item),
		status: 200,
		bodyRequired: false,
		ifMatch: false,
		countsView: false,
		idempotent: true,
		list,
		item,
		...(definition.headers ? { headers: definition.headers } : {}),
		...(definition.description ? { description: definition.description } : {}),
		...(path ? { path } : {}),
	};
	return contract as unknown as ActionContract<Static<Path> & ListParams, Page<Static<Item>>> & {
		list: ListSpec;
		item: TSchema;
	};
}

interface SearchDefinition<Path extends TObject, Query extends TObject, Item extends TSchema>
	extends ListDefinition<Path, Item> {
	/** plain parameters beside the filters */
	query: Query;
}

/** The answer of every search: a list, best first, and whether it was relaxed. */
export type SearchPage<T> = Page<T> & {
	/** too few had every word, so those with some of them are among the results */
	relaxed: boolean;
	/** names this search for `POST /knowledge-base/search/:searchId/click` */
	searchId?: string;
};

type SearchParams = Pick<ListParams, "filter" | "limit" | "cursor" | "count" | "fields">;

/** Declares a search: a list in the order of relevance, with filters, paged by cursor only. */
export function defineSearch<Path extends TObject, Query extends TObject, Item extends TSchema>(
	definition: SearchDefinition<Path, Query, Item>,
): ActionContract<Static<Path> & Static<Query> & SearchParams, SearchPage<Static<Item>>> & {
	list: ListSpec;
	item: TSchema;
} {
	const { path, query, item } = definition;
	const contract = defineList({ ...definition, list: { ...definition.list, cursorOnly: true } });
	const { filter, limit, cursor, count, fields } = contract.params.properties as Record<string, TSchema>;
	const page = { filter, limit, cursor, count, fields } as Record<string, TSchema>;
	return {
		...contract,
		query,
		params: parameters([path, query, strict(page)]),
		result: Type.Object({
			...pageOf(item).properties,
			relaxed: Type.Boolean(),
			searchId: Type.Optional(Type.String()),
		}),
	} as never;
}

/** How many there are: exact, or at least so many. */
export const Total = Type.Union([
	Type.Integer(),
	Type.Object({ value: Type.Integer(), relation: Type.Literal("gte") }),
]);

/** The envelope of every list. */
export function pageOf<T extends TSchema>(item: T) {
	return Type.Object({
		data: Type.Array(item),
		page: Type.Object({
			nextCursor: Type.Union([Type.String(), Type.Null()]),
			prevCursor: Type.Union([Type.String(), Type.Null()]),
			hasMore: Type.Boolean(),
			limit: Type.Integer(),
			total: Type.Optional(Total),
		}),
		included: Type.Optional(Type.Record(Type.String(), Type.Array(Type.Unknown()))),
	});
}

/** What a service promises for one kind of event. */
export interface EventContract<D = unknown> {
	/** such as `ticket.created` */
	type: string;
	/** major version of the data's shape; additive changes keep it */
	version: number;
	/** the aggregate it is about: `ticket` gives the subject `ticket/<id>` */
	aggregate: string;
	summary: string;
	data: TSchema;
	readonly types?: D;
}

/** Declares an event. */
export function defineEvent<Data extends TSchema>(definition: {
	type: string;
	version?: number;
	aggregate: string;
	summary: string;
	data: Data;
}): EventContract<Static<Data>> {
	return { version: 1, ...definition };
}

export type ParamsOf<C> = C extends { readonly types?: { params: infer P } } ? P : never;
export type ResultOf<C> = C extends { readonly types?: { result: infer R } } ? R : never;
export type DataOf<E> = E extends EventContract<infer D> ? D : never;
