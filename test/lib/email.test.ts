import { normalizeEmail } from "../../lib/email.ts";

describe("normalizeEmail", () => {
	test.each([
		["ada@example.com", "ada@example.com"],
		["  Ada.Byron+desk@Example.COM ", "ada.byron+desk@example.com"],
		["Jörg@BÜCHER.example", "jörg@xn--bcher-kva.example"],
		["jo\u0308rg@example.com", "jörg@example.com"],
		["ａｄａ＠example.com", "ada@example.com"],
		["root@localhost", "root@localhost"],
	])("%s becomes %s", (given, expected) => {
		expect(normalizeEmail(given)).toBe(expected);
	});

	test.each([
		"",
		"@example.com",
		"ada",
		"ada@",
		"a b@example.com",
		"a@b@example.com",
		"ada@exa mple.com",
		"ada@-x.com",
		"ada@x..com",
		"ada@[127.0.0.1]",
		"a\u0000b@example.com",
		"a\ud800b@example.com",
		`${"a".repeat(320)}@example.com`,
	])("%j is no address", (given) => {
		expect(normalizeEmail(given)).toBeNull();
	});
});
