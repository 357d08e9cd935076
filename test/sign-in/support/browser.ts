interface Cookie {
	name: string;
	value: string;
	path: string;
	/** as the server sent it */
	line: string;
}

/** A page as the browser has it, and where it is. */
export interface Page {
	url: string;
	status: number;
	headers: Headers;
	text: string;
}

interface Visit {
	method?: string;
	form?: Record<string, string>;
	json?: unknown;
	headers?: Record<string, string>;
}

const NAVIGATION = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

/** As much of a browser as a sign-in needs: it keeps cookies by host and path, and follows redirects if told so. */
export class Browser {
	private readonly hosts = new Map<string, Map<string, Cookie>>();

	private jar(url: URL): Map<string, Cookie> {
		// Cookies know hosts, not ports.
		const jar = this.hosts.get(url.hostname) ?? new Map<string, Cookie>();
		this.hosts.set(url.hostname, jar);
		return jar;
	}

	/** The `Cookie` header that goes to an address. */
	cookies(address: string): string {
		const url = new URL(address);
		const fits = (path: string) => path === "/" || url.pathname === path || url.pathname.startsWith(`${path}/`);
		return [...this.jar(url).values()]
			.filter(({ path }) => fits(path))
			.map(({ name, value }) => `${name}=${value}`)
			.join("; ");
	}

	/** The cookies for an address whose names begin with a text. */
	cookiesNamed(address: string, prefix: string): Cookie[] {
		return [...this.jar(new URL(address)).values()].filter(({ name }) => name.startsWith(prefix));
	}

	/** Puts a cookie there that no server sent. */
	plant(address: string, name: string, value: string): void {
		this.jar(new URL(address)).set(name, { name, value, path: "/", line: "" });
	}

	private keep(url: URL, lines: string[]): void {
		for (const line of lines) {
			const [pair = "", ...attributes] = line.split(";").map((part) => part.trim());
			const at = pair.indexOf("=");
			const name = pair.slice(0, at);
			const value = pair.slice(at + 1);
			const attribute = (key: string) =>
				attributes.find((text) => text.toLowerCase().startsWith(`${key}=`))?.slice(key.length + 1);
			const path = attribute("path") ?? "/";
			const expires = attribute("expires");
			const over = attribute("max-age") === "0" || (expires !== undefined && Date.parse(expires) <= Date.now());
			if (over || value === "") this.jar(url).delete(name);
			else this.jar(url).set(name, { name, value, path, line });
		}
	}

	/** One request, no redirect followed. */
	async visit(address: string, { method, form, json, headers }: Visit = {}): Promise<Page> {
		const url = new URL(address);
		const cookie = this.cookies(address);
		const body = form ? new URLSearchParams(form).toString() : json === undefined ? undefined : JSON.stringify(json);
		const response = await fetch(url, {
			method: method ?? (body === undefined ? "GET" : "POST"),
			redirect: "manual",
			headers: {
				...NAVIGATION,
				...(cookie ? { cookie } : {}),
				...(form ? { "content-type": "application/x-www-form-urlencoded" } : {}),
				...(json === undefined ? {} : { "content-type": "application/json" }),
				...headers,
			},
			...(body === undefined ? {} : { body }),
		});
		this.keep(url, response.headers.getSetCookie());
		return { url: url.href, status: response.status, headers: response.headers, text: await response.text() };
	}

	/** Follows redirects from a page until there are none, or until the next address is one to stop at. */
	async follow(page: Page, stopAt?: (url: URL) => boolean): Promise<Page & { next: string | null }> {
		let current = page;
		for (let hops = 0; hops < 20; hops++) {
			const location = current.headers.get("location");
			if (current.status < 300 || current.status >= 400 || location === null) return { ...current, next: null };
			const next = new URL(location, current.url);
			if (stopAt?.(next)) return { ...current, next: next.href };
			current = await this.visit(next.href);
		}
		throw new Error(`redirected without end, last to ${current.headers.get("location")}`);
	}

	/** A write as a page of the site itself sends it. */
	write(address: string, json: unknown, headers: Record<string, string> = {}): Promise<Page> {
		const origin = new URL(address).origin;
		return this.visit(address, {
			method: "POST",
			json,
			headers: { accept: "application/json", origin, "sec-fetch-site": "same-origin", ...headers },
		});
	}
}
