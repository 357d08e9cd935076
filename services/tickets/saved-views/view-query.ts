import { TICKET_LIST } from "../../../contracts/tickets.ts";
import { filterParameters } from "../../../lib/list-parameters.ts";
import { isAllowedSort, type ListParams } from "../../../lib/list-query.ts";
import { invalidField, isProblem } from "../../../lib/problem.ts";
import { parseQueryString, type QueryParameter } from "../../../lib/query-string.ts";

/*
 * What a saved view asks for, kept as the query string of the list itself and read by the list's own rules, each time
 * anew: `me` is whoever looks.
 */

type Written = [name: string, value: string][];

/** A value as the query string would say it. */
const written = (value: unknown) => (value === null ? "none" : String(value));

function parameter(name: string, value: unknown): Written {
	if (Array.isArray(value)) {
		const texts = value.map(written);
		const field = TICKET_LIST.filters[name];
		return field?.array ? texts.map((text) => [name, text]) : [[name, texts.join(",")]];
	}
	if (typeof value === "object" && value !== null)
		return Object.entries(value).flatMap(([key, inner]) => parameter(`${name}[${key}]`, inner));
	return [[name, written(value)]];
}

const queryOf = (parameters: Written) =>
	parameters.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");

/** What the list says of a filter, as a problem of the body that it stands in. */
export const refused = (error: unknown) => {
	if (!isProblem(error) || error.code >= 500) return error;
	return invalidField("/filter", error.message, error.type === "unknown_parameter" ? "unknown_parameter" : "invalid");
};

/**
 * The query string of a filter as a client gives it.
 * @throws 422 at `/filter` for what `GET /tickets` would not take
 */
export function queryOfFilter(filter: unknown): string {
	try {
		const query =
			typeof filter === "string"
				? filter.trim().replace(/^\?/, "")
				: queryOf(Object.entries((filter ?? {}) as object).flatMap(([name, value]) => parameter(name, value)));
		const parameters = parseQueryString(query);
		filterParameters(TICKET_LIST.filters, parameters, "somebody");
		return queryOf(parameters.map(({ written: name, value }) => [name, value]));
	} catch (error) {
		throw refused(error);
	}
}

/** The filter of a view as it is shown: what was given several times is a list. */
export function filterOfQuery(query: string): Record<string, string | string[]> {
	const shown: Record<string, string | string[]> = {};
	for (const { written: name, value } of parseQueryString(query) as QueryParameter[]) {
		const known = shown[name];
		shown[name] = known === undefined ? value : [known, value].flat();
	}
	return shown;
}

/** What the list of tickets is asked with for a view and whoever looks at it. */
export function conditionsOf(query: string, callerId: string): Pick<ListParams, "filter"> {
	return filterParameters(TICKET_LIST.filters, parseQueryString(query), callerId);
}

/** @throws 422 at `/sort` for an order that the list does not have */
export function cleanSort(sort: string | null | undefined): string {
	const clean = sort ?? TICKET_LIST.defaultSort;
	if (!isAllowedSort(TICKET_LIST, clean))
		throw invalidField("/sort", `Tickets can be sorted by ${TICKET_LIST.sorts.join("; ")}.`, "enum");
	return clean;
}
