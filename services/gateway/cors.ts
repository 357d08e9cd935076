const EXPOSED = [
	"ETag",
	"Link",
	"Location",
	"x-conductor-follow-up",
	"Retry-After",
	"Idempotency-Replayed",
	"RateLimit",
	"RateLimit-Policy",
	"X-RateLimit-Limit",
	"X-RateLimit-Remaining",
	"X-RateLimit-Reset",
	"X-Request-Id",
	"Conductor-Version",
].join(", ");

const ALLOWED = [
	"Authorization",
	"Content-Type",
	"Accept",
	"Accept-Language",
	"Conductor-Version",
	"Idempotency-Key",
	"If-Match",
	"If-None-Match",
	"Last-Event-ID",
	"X-Request-Id",
	"X-Tenant-Id",
	"traceparent",
].join(", ");

/** How long a browser may remember a preflight's answer, seconds. */
const MAX_AGE_SEC = 600;

/** The CORS headers for a request's `Origin`: only for an origin that is configured, letter by letter. */
export function corsHeaders(origin: string | undefined, allowed: ReadonlySet<string>): Record<string, string> {
	if (origin === undefined || !allowed.has(origin)) return {};
	return {
		"Access-Control-Allow-Origin": origin,
		"Access-Control-Allow-Credentials": "true",
		"Access-Control-Expose-Headers": EXPOSED,
	};
}

/** What a preflight is told beside that, with the methods that the route has. */
export function preflightHeaders(methods: readonly string[]): Record<string, string> {
	return {
		"Access-Control-Allow-Methods": methods.join(", "),
		"Access-Control-Allow-Headers": ALLOWED,
		"Access-Control-Max-Age": String(MAX_AGE_SEC),
	};
}
