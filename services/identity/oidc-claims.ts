import { normalizeEmail } from "../../lib/email.ts";

/** What an issuer says about somebody, once its signature is verified. */
export type Claims = Readonly<Record<string, unknown>>;

/**
 * Issuers that send no `email_verified` and are relied on all the same, because they hand out only addresses that they
 * have checked themselves. Everywhere else a missing claim counts as unverified: an issuer that lets people type in any
 * address would else let them in as anybody.
 */
const VOUCHES_BY_ITSELF: readonly string[] = ["https://replit.com/oidc"];

/** Some issuers write the boolean as a text. */
const isTrue = (value: unknown) => value === true || value === "true";

/**
 * The address that the issuer vouches for, normalised, or null where it vouches for none. An address that compatibility
 * normalisation would change is refused: the issuer vouched for that very text, and `\u212A` (the Kelvin sign) is no `k`.
 */
export function verifiedEmail(claims: Claims, issuer: string): string | null {
	const { email, email_verified: verified } = claims;
	if (typeof email !== "string" || email.length > 320 || email.normalize("NFKC") !== email) return null;
	const trusted = verified === undefined ? VOUCHES_BY_ITSELF.includes(issuer) : isTrue(verified);
	return trusted ? normalizeEmail(email) : null;
}

interface Membership {
	tenant: { _id: string; slug: string };
}

/**
 * The tenant that a token is meant for. Its claim `tid` (id or slug) decides; without one a person of a single tenant
 * needs none. Null where the claim names no tenant of the person, or is missing and there are several.
 */
export function membershipOf<M extends Membership>(memberships: readonly M[], tid: unknown): M | null {
	if (tid === undefined) return memberships.length === 1 ? (memberships[0] ?? null) : null;
	return memberships.find(({ tenant }) => tenant._id === tid || tenant.slug === tid) ?? null;
}
