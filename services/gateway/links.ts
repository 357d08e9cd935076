import type { Page } from "../../lib/list-query.ts";

function target(path: string, queryString: string, cursor: string): string {
	const kept = queryString.split("&").filter((part) => part !== "" && !/^(cursor|page)(=|$)/.test(part));
	// Nothing of the query may end the <…> of the header early.
	const query = [...kept, `cursor=${encodeURIComponent(cursor)}`].join("&").replaceAll(/[<>"\\]/g, encodeURIComponent);
	return `${path}?${query}`;
}

/** The `Link` header of a page (RFC 8288): the same list with the cursors of its neighbours. Null where it has none. */
export function linkHeader(path: string, queryString: string, page: Page<unknown>["page"]): string | null {
	const links: string[] = [];
	if (page.nextCursor) links.push(`<${target(path, queryString, page.nextCursor)}>; rel="next"`);
	if (page.prevCursor) links.push(`<${target(path, queryString, page.prevCursor)}>; rel="prev"`);
	return links.length > 0 ? links.join(", ") : null;
}
