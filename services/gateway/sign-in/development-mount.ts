import type { Config } from "../../../config.ts";
import { trustDevelopmentIssuer } from "../../../contracts/sign-in.ts";
import { Problem } from "../../../lib/problem.ts";
import type { RawExchange, RawRoute } from "../raw-route.ts";
import type { DevelopmentIssuer } from "./development-issuer.ts";

const MOUNT = "/oidc";
const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/** Whether this deployment comes with its own issuer: outside production, and only where none is configured. */
export function hasDevelopmentIssuer(config: Config): boolean {
	return !config.production && config.oidc === null;
}

/**
 * Mounts the development issuer beside the API. It is loaded with the first request that needs it, because a start
 * shall not wait for it.
 */
export class DevelopmentMount {
	private readonly config: Config;
	private readonly origin: () => string;
	private loading: Promise<DevelopmentIssuer> | null = null;

	constructor(config: Config, origin: () => string) {
		this.config = config;
		this.origin = origin;
	}

	/** Resolves when the issuer is there and identity trusts it. */
	async ready(exchange: RawExchange): Promise<DevelopmentIssuer> {
		this.checkHost(exchange);
		const issuer = this.origin() + MOUNT;
		this.loading ??= import("./development-issuer.ts").then(({ DevelopmentIssuer }) =>
			DevelopmentIssuer.start(issuer, MOUNT),
		);
		const started = await this.loading;
		// Each time, since identity may have been started anew meanwhile.
		await exchange.call(trustDevelopmentIssuer, { issuer });
		return started;
	}

	/**
	 * Anybody may choose anybody here, so a page of another site must not get hold of it by letting its own name point to
	 * this machine: a gateway that listens to this machine alone answers under this machine's names alone.
	 */
	private checkHost({ req }: RawExchange): void {
		const { host = "" } = req.headers;
		const local = LOOPBACK.test(this.config.host) || this.config.host === "::1";
		if (local && !LOOPBACK.test(host))
			throw new Problem(
				403,
				"forbidden",
				"The development issuer answers only under localhost. Set HOST to change that.",
			);
	}

	routes(): RawRoute[] {
		const handler = async (exchange: RawExchange) => (await this.ready(exchange)).handle(exchange.req, exchange.res);
		const mount = { path: `${MOUNT}/*`, summary: "Development OpenID issuer", undescribed: true, handler };
		return [
			{ method: "GET", ...mount, crossSite: "own" },
			{ method: "POST", ...mount, crossSite: "own" },
		];
	}
}
