import Router from "find-my-way";
import type { Endpoint } from "./endpoint.ts";
import type { RawRoute } from "./raw-route.ts";

/**
 * Where a request can go: to one action of the broker, for whoever signs in or for anybody at a help centre, or to a
 * handler that answers HTTP itself.
 */
export type Target =
	| { endpoint: Endpoint; help?: boolean; raw?: never }
	| { raw: RawRoute; endpoint?: never; help?: never };

/** One method and path of the gateway. */
export type Route = Target & {
	method: string;
	/** the path with its parameters' names, such as `/api/customers/:id` */
	template: string;
};

/** The values of a path's parameters, decoded. */
export type PathParameters = Record<string, string | undefined>;

export type RouteMatch =
	| { kind: "route"; route: Route; params: PathParameters }
	| { kind: "wrong-method"; methods: readonly string[] }
	| { kind: "nothing" }
	| { kind: "malformed" };

const METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;

const MAX_PATH = 2048;
const NO_QUERY = {};

function isWellEncoded(path: string): boolean {
	if (!path.includes("%")) return true;
	try {
		decodeURIComponent(path);
		return true;
	} catch {
		return false;
	}
}

/** The gateway's routes as a radix tree. HEAD goes where GET goes. */
export class RouteTable {
	private readonly router = Router({
		ignoreTrailingSlash: true,
		maxParamLength: MAX_PATH,
		querystringParser: () => NO_QUERY,
	});

	/** @throws when the same method and path is there already */
	add(route: Route): void {
		this.router.on(route.method as Router.HTTPMethod, route.template, () => undefined, route);
	}

	private lookup(method: string, path: string) {
		return this.router.find(method as Router.HTTPMethod, path);
	}

	/** The methods that a path knows, OPTIONS always among them. */
	methodsOf(path: string): string[] {
		const methods = METHODS.filter((method) => this.lookup(method, path) !== null) as string[];
		return methods[0] === "GET" ? ["GET", "HEAD", ...methods.slice(1), "OPTIONS"] : [...methods, "OPTIONS"];
	}

	/** Where a path without its query string leads with a method. */
	match(method: string, path: string): RouteMatch {
		if (path.length > MAX_PATH || !isWellEncoded(path)) return { kind: "malformed" };
		const found = this.lookup(method === "HEAD" ? "GET" : method, path);
		if (found) return { kind: "route", route: found.store as Route, params: found.params };
		const methods = this.methodsOf(path);
		return methods.length > 1 ? { kind: "wrong-method", methods } : { kind: "nothing" };
	}
}
