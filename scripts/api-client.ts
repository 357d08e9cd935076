import { readFileSync } from "node:fs";
import path from "node:path";

/** A small client of the public API for scripts that fill an instance. */
export interface Api {
	/** Sends one request. Throws an error that shows the problem for an answer that is not listed in `accept`. */
	request<T>(method: string, route: string, body?: unknown, accept?: number[]): Promise<{ status: number; body: T }>;
}

function settings(): { base: string; token: string } {
	const base = process.env.CONDUCTOR_URL ?? `http://${process.env.HOST ?? "127.0.0.1"}:${process.env.PORT ?? "3000"}`;
	const file = path.join(process.env.DATA_DIR ?? "data", "demo-token");
	let token = process.env.DEMO_TOKEN ?? process.argv[2];
	if (!token)
		try {
			token = readFileSync(file, "utf8").trim();
		} catch {
			throw new Error(
				`no token: give one as argument or DEMO_TOKEN (a first start leaves the demo tenant's in ${file})`,
			);
		}
	return { base, token };
}

/** The API of the running instance: of `CONDUCTOR_URL` or this machine, as the demo tenant's owner unless told otherwise. */
export function connect(): Api & { base: string } {
	const { base, token } = settings();
	return { base, ...apiOf(base, token) };
}

/** A client with one token. Waits and tries again where the instance says that it is asked too much. */
export function apiOf(base: string, token: string): Api {
	const request: Api["request"] = async (method, route, body, accept = []) => {
		for (;;) {
			const response = await fetch(`${base}/api${route}`, {
				method,
				headers: {
					authorization: `Bearer ${token}`,
					...(body === undefined ? {} : { "content-type": "application/json" }),
				},
				...(body === undefined ? {} : { body: JSON.stringify(body) }),
			});
			const text = await response.text();
			if (response.status === 429) {
				const pause = Number(response.headers.get("retry-after") ?? 1);
				await new Promise((resolve) => setTimeout(resolve, pause * 1000));
				continue;
			}
			if (!response.ok && !accept.includes(response.status))
				throw new Error(`${method} ${route} answered ${response.status}: ${text}`);
			return { status: response.status, body: (text === "" ? null : JSON.parse(text)) as never };
		}
	};
	return { request };
}
