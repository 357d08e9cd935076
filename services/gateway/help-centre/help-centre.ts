import type { Caller, CallerTenant } from "../../../contracts/caller.ts";
import type { ActionContract } from "../../../contracts/contract.ts";
import type { Clock } from "../../../lib/clock.ts";
import { notFound } from "../../../lib/problem.ts";
import { checkAccess } from "../../../mixins/authorization.ts";
import type { Endpoint } from "../endpoint.ts";
import type { Exchange } from "../exchange.ts";
import { requireJson } from "../json-body.ts";
import type { Limiter } from "../rate-limit/limiter.ts";
import { takeTokens, unknownVisitLimits, visitLimits } from "../rate-limit/limits.ts";
import { refuseCrossSite } from "../same-origin.ts";
import { ShortMemory } from "../short-memory.ts";
import { knownVisitor, newVisitor, type Visitor } from "./visitor.ts";

const SLUG = /^[a-z0-9-]{2,63}$/;

export interface HelpCentreParts {
	clock: Clock;
	secureCookie: boolean;
	/** the active tenant with a slug, or null */
	tenantBySlug(slug: string): Promise<CallerTenant | null>;
	/** what visitors' keys are made with: durable, and the same for every gateway */
	secret(): string;
	/** of visitors alone, so that they use up nothing of the staff's */
	limiter: Limiter;
}

/** Rating is what a visitor does as somebody; everything else is the same for all of them. */
const isRating = ({ access }: ActionContract) => access === "kb.rate";

function visiting(tenant: CallerTenant, visitorKey: string | null): Caller {
	return {
		kind: "anonymous",
		id: "anonymous",
		name: "Visitor",
		email: null,
		role: null,
		groupIds: [],
		scopes: [],
		credentialId: null,
		tenant,
		visitorKey,
	};
}

/**
 * Who comes to the public help centre of a tenant: always the same nobody, whatever credentials a request carries, so that
 * an answer is never more than public and a shared cache may keep it.
 */
export class HelpCentre {
	private readonly parts: HelpCentreParts;
	private readonly known: ShortMemory<CallerTenant | null>;

	constructor(parts: HelpCentreParts) {
		this.parts = parts;
		this.known = new ShortMemory(parts.clock);
	}

	/** A tenant changed: none is served from memory any more. */
	forget(): void {
		this.known.forget();
	}

	/**
	 * Lets a request through to an action as `anonymous` of the tenant that the path names, noted in the exchange.
	 * @throws 404 for a slug that is not served, the same for every reason; 429; 403 `cross_site` for a rating by another
	 * site's page; 403 for what visitors may not do
	 */
	async admit(exchange: Exchange, endpoint: Endpoint, slug: string): Promise<void> {
		const { contract, kind } = endpoint;
		const address = exchange.req.socket.remoteAddress ?? "unknown";
		const tenant = await this.tenant(slug);
		await this.limit(exchange, tenant ? visitLimits(tenant, address, kind) : unknownVisitLimits(address));
		if (!tenant) throw notFound("help centre");
		const reads = exchange.method === "GET";
		if (!reads && isRating(contract)) {
			refuseCrossSite(exchange.req.headers);
			if (exchange.method === "POST") requireJson(exchange.req);
		}
		exchange.visitor = reads ? null : this.visitor(exchange, tenant, isRating(contract));
		exchange.caller = visiting(tenant, exchange.visitor?.key ?? null);
		checkAccess(contract.access, exchange.caller);
	}

	private tenant(slug: string): Promise<CallerTenant | null> {
		if (!SLUG.test(slug)) return Promise.resolve(null);
		return this.known.recall(slug, () => this.parts.tenantBySlug(slug));
	}

	private async limit(exchange: Exchange, limits: Parameters<Limiter["take"]>[0]): Promise<void> {
		await takeTokens(exchange.res, this.parts.limiter, limits, this.parts.clock.now());
	}

	/** Whoever writes: by their cookie, and somebody new where they need to be told apart and show none. */
	private visitor({ req }: Exchange, { id }: CallerTenant, needed: boolean): Visitor | null {
		const context = { secure: this.parts.secureCookie, secret: this.parts.secret(), tenantId: id };
		return knownVisitor(req.headers.cookie, context) ?? (needed ? newVisitor(context) : null);
	}
}
