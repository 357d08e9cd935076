import { type Static, type TObject, type TSchema, Type } from "typebox";
import { type FilterField, type ListParams, type ListSpec, operatorsOf, type Page } from "../lib/list-query.ts";
import {
	type Access,
	type ActionContract,
	type ActionDefinition,
	aliases,
	defineAction,
	type Empty,
	parameters,
	type RestAlias,
	strict,
} from "./contract.ts";

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
