import { membershipOf, verifiedEmail } from "../../services/identity/oidc-claims.ts";

const ANY = "https://id.example";
const REPLIT = "https://replit.com/oidc";

describe("which address an issuer vouches for", () => {
	test.each([
		["verified", { email: "Olga@Desk.Example", email_verified: true }, ANY, "olga@desk.example"],
		["verified, written as a text", { email: "olga@desk.example", email_verified: "true" }, ANY, "olga@desk.example"],
		["not verified", { email: "olga@desk.example", email_verified: false }, ANY, null],
		["not verified, written as a text", { email: "olga@desk.example", email_verified: "false" }, ANY, null],
		["something else than a truth value", { email: "olga@desk.example", email_verified: 1 }, ANY, null],
		["nothing said about it", { email: "olga@desk.example" }, ANY, null],
		["null said about it", { email: "olga@desk.example", email_verified: null }, ANY, null],
		["nothing said by the preset issuer", { email: "olga@desk.example" }, REPLIT, "olga@desk.example"],
		["denied by the preset issuer", { email: "olga@desk.example", email_verified: false }, REPLIT, null],
		["an issuer that only looks like the preset", { email: "olga@desk.example" }, `${REPLIT}/x`, null],
		["no address", { email_verified: true }, ANY, null],
		["no text", { email: ["olga@desk.example"], email_verified: true }, ANY, null],
		["no address at all", { email: "olga", email_verified: true }, ANY, null],
		["a Kelvin sign instead of a k", { email: "mi\u212Ae@desk.example", email_verified: true }, ANY, null],
		["a ligature instead of two letters", { email: "\uFB01nn@desk.example", email_verified: true }, ANY, null],
		["full-width letters in the domain", { email: "olga@\uFF44esk.example", email_verified: true }, ANY, null],
	])("%s", (_name, claims, issuer, expected) => {
		expect(verifiedEmail(claims, issuer)).toBe(expected);
	});
});

describe("which tenant a token is for", () => {
	const acme = { tenant: { _id: "0190-acme", slug: "acme" } };
	const globex = { tenant: { _id: "0190-globex", slug: "globex" } };

	test.each([
		["no claim, one tenant", [acme], undefined, acme],
		["no claim, two tenants", [acme, globex], undefined, null],
		["the slug", [acme, globex], "globex", globex],
		["the id", [acme, globex], "0190-acme", acme],
		["a tenant of somebody else, one tenant", [acme], "globex", null],
		["a tenant of somebody else, two tenants", [acme, globex], "initech", null],
		["no text", [acme], { $ne: "" }, null],
		["null", [acme], null, null],
		["no tenant at all", [], undefined, null],
	])("%s", (_name, memberships, tid, expected) => {
		expect(membershipOf(memberships, tid)).toBe(expected);
	});
});
