import { type Static, type TObject, type TSchema, Type } from "typebox";
import type { FilterField, ListSpec } from "../lib/list-query.ts";
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

/** What is said of an action; the rest follows from it, see {@link ActionContract}. */
export interface ActionDefinition<
	Path extends TObject,
	Query extends TObject,
	Body extends TObject,
	Result extends TSchema,
> {
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

/** The aliases of a definition, which may name one alone. */
export const aliases = (given: RestAlias | readonly RestAlias[] | undefined): readonly RestAlias[] =>
	given === undefined ? [] : typeof given === "string" ? [given] : given;

const isRead = (given: readonly RestAlias[]) => given.length > 0 && given.every((alias) => alias.startsWith("GET "));

/** What takes nothing. */
export type Empty = TObject<Record<never, never>>;
type Versioned<Body> = Body & { ifVersion?: number };

export const strict = <T extends Record<string, TSchema>>(properties: T) =>
	Type.Object(properties, { additionalProperties: false });

const IfVersion = { ifVersion: Type.Optional(Type.Integer({ minimum: 0 })) };

/** All that an action takes, flat. Throws where two parts use one name. */
export function parameters(parts: (TObject | undefined)[]): TObject {
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

export type ParamsOf<C> = C extends { readonly types?: { params: infer P } } ? P : never;
export type ResultOf<C> = C extends { readonly types?: { result: infer R } } ? R : never;
