import fc from "fast-check";
import { slugOf } from "../../../services/knowledge-base/text/slug.ts";

test.each([
	["How to reset your password?", "how-to-reset-your-password"],
	["  Größe & Gewicht ändern! ", "grosse-gewicht-andern"],
	["Crème brûlée, smørrebrød, Łódź", "creme-brulee-smorrebrod-lodz"],
	["ﬁle Ⅳ ½ １２３", "file-iv-1-2-123"],
	["返品する方法", "返品する方法"],
	["VPN の設定 (v2)", "vpn-の設定-v2"],
	["Привет, мир", "привет-мир"],
	["कैसे करें", "कैसे-करें"],
	["!!!", "article-7f3a"],
	["😀", "article-7f3a"],
	["", "article-7f3a"],
	[`${"a".repeat(79)} b`, "a".repeat(79)],
	["ab ".repeat(60), "ab-".repeat(27).slice(0, 80)],
	["語".repeat(200), "語".repeat(80)],
])("%j is named %j", (title, slug) => {
	expect(slugOf(title, "7f3a")).toBe(slug);
});

test("any title has a slug that is a path segment, and the slug of a slug is itself", () => {
	fc.assert(
		fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (title) => {
			const slug = slugOf(title, "7f3a");
			expect(slug).toMatch(/^[\p{L}\p{N}\p{M}]+(-[\p{L}\p{N}\p{M}]+)*$/u);
			expect([...slug].length).toBeLessThanOrEqual(80);
			expect(slugOf(slug, "7f3a")).toBe(slug);
		}),
		{ seed: 6, numRuns: 2_000 },
	);
});
