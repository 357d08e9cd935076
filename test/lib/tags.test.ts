import { maskEmail } from "../../lib/masking.ts";
import { normalizeTags } from "../../lib/tags.ts";

test("tags are kept in one form, once, in the order given", () => {
	expect(normalizeTags([" VIP", "vip", "Büro-2", "a:b.c_d", "Bu\u0308ro-2"])).toEqual(["vip", "büro-2", "a:b.c_d"]);
});

test.each([["a b"], [""], ["x".repeat(65)], ["<b>"], ["a,b"]])("%j is no tag", (tag) => {
	expect(() => normalizeTags(["fine", tag], "/labels")).toThrow(
		expect.objectContaining({
			code: 422,
			data: expect.objectContaining({ errors: [expect.objectContaining({ pointer: "/labels/1" })] }),
		}),
	);
});

test("there are at most fifty", () => {
	const tags = Array.from({ length: 50 }, (_, i) => `t${i}`);
	expect(normalizeTags([...tags, "T0"])).toEqual(tags);
	expect(() => normalizeTags([...tags, "one more"])).toThrow();
});

test.each([
	["jane@example.com", "j***@example.com"],
	["j@example.com", "j***@example.com"],
	["😀x@example.com", "😀***@example.com"],
	["nonsense", "***"],
	["@example.com", "***"],
])("%s is shown as %s", (email, masked) => {
	expect(maskEmail(email)).toBe(masked);
});
