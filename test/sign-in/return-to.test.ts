import fc from "fast-check";
import { isProblem } from "../../lib/problem.ts";
import { sameSitePath } from "../../services/gateway/sign-in/return-to.ts";

const SEED = 20_250_115;
const ORIGIN = "https://desk.example";

function attempt(text: string): string | null {
	try {
		return sameSitePath(text);
	} catch (error) {
		if (isProblem(error) && error.code === 400) return null;
		throw error;
	}
}

describe("where a sign-in may lead", () => {
	test.each([
		["/", "/"],
		["/inbox", "/inbox"],
		["/inbox?view=mine&sort=-priority#top", "/inbox?view=mine&sort=-priority#top"],
		["/a/../b", "/b"],
		["/tickets/%2F%2Fevil.example", "/tickets/%2F%2Fevil.example"],
		["/search?q=https://evil.example/", "/search?q=https://evil.example/"],
		["/api/auth/user", "/api/auth/user"],
		["/ümläut", "/%C3%BCml%C3%A4ut"],
	])("%s leads to %s", (text, expected) => {
		expect(attempt(text)).toBe(expected);
	});

	test.each([
		"",
		"inbox",
		"//evil.example",
		"///evil.example",
		"/\\evil.example",
		"\\\\evil.example",
		"/\t/evil.example",
		"/\n/evil.example",
		"\t//evil.example",
		" //evil.example",
		"/.//evil.example",
		"/a/..//evil.example",
		"/%2e//evil.example",
		"https://evil.example",
		"https:evil.example",
		"javascript:alert(1)",
		"data:text/html,x",
		"@evil.example",
		".evil.example",
		"/inbox\r\nSet-Cookie: a=b",
		"/api/login",
		"/api/login?returnTo=/",
		"/api/callback?code=x",
		`/${"x".repeat(1024)}`,
		`/${"\u6F22".repeat(200)}`,
	])("%j leads nowhere", (text) => {
		expect(attempt(text)).toBeNull();
	});

	test("whatever is let through stays on this site in a browser", () => {
		const piece = fc.constantFrom(
			"/",
			"\\",
			".",
			"..",
			"@",
			":",
			"evil.example",
			"%2f",
			"%2e",
			"?",
			"#",
			"\t",
			"https:",
			"a",
		);
		fc.assert(
			fc.property(fc.array(piece, { maxLength: 8 }), fc.string({ maxLength: 4 }), (pieces, tail) => {
				const path = attempt(`/${pieces.join("")}${tail}`);
				if (path === null) return;
				expect(new URL(path, ORIGIN).origin).toBe(ORIGIN);
				expect(attempt(path)).toBe(path);
			}),
			{ seed: SEED, numRuns: 2000, verbose: 1 },
		);
	});
});
