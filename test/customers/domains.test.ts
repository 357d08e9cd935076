import { domainOf, isPublicMail, normalizeDomains } from "../../services/customers/domains.ts";

test("domains are kept in one form, each once", () => {
	expect(normalizeDomains([" Example.COM ", "example.com", "BÜCHER.example", "a.b-c.example"])).toEqual([
		"example.com",
		"xn--bcher-kva.example",
		"a.b-c.example",
	]);
});

test.each([
	"",
	"localhost",
	"a b.example",
	"@example.com",
	"-a.example",
	"http://example.com",
	"a..example",
	`${"x".repeat(64)}.example`,
])("%j is no domain", (domain) => {
	expect(() => normalizeDomains(["ok.example", domain])).toThrow(
		expect.objectContaining({
			code: 422,
			data: expect.objectContaining({ errors: [expect.objectContaining({ pointer: "/domains/1" })] }),
		}),
	);
});

test("public mail providers are known, examples are none", () => {
	for (const domain of ["gmail.com", "gmx.at", "web.de", "icloud.com", "proton.me", "outlook.com"])
		expect(isPublicMail(domain)).toBe(true);
	for (const domain of ["example.com", "acme.example", "acme.com"]) expect(isPublicMail(domain)).toBe(false);
	expect(domainOf("ada@example.com")).toBe("example.com");
});
