import fc from "fast-check";
import type { CustomerEmail } from "../../models/customer.ts";
import { emails, phones, toE164 } from "../../services/customers/contact-kinds.ts";
import { type ContactInput, patchContacts } from "../../services/customers/contact-points.ts";

const SEED = 20260115;
const patch = (current: CustomerEmail[], one?: string | null, many?: ContactInput[]) =>
	patchContacts(emails, current, { one, many });
const values = (points: { value: string }[]) => points.map((point) => point.value);
const two = patch([], undefined, ["a@x.example", "b@x.example"]);

describe("one short value", () => {
	test("is the first, replaces the primary, or makes one of them the primary", () => {
		expect(patch([], "a@x.example")).toEqual([
			{ value: "a@x.example", normalized: "a@x.example", primary: true, verifiedAt: null },
		]);
		expect(values(patch(two, "c@x.example"))).toEqual(["c@x.example", "b@x.example"]);
		expect(values(patch(two, "b@x.example"))).toEqual(["b@x.example", "a@x.example"]);
		expect(values(patch(two, "A@X.example"))).toEqual(["A@X.example", "b@x.example"]);
	});

	test("as null takes the primary away, and the next moves up", () => {
		expect(patch(two, null)).toEqual([{ ...two[1], primary: true }]);
		expect(patch([], null)).toEqual([]);
	});

	test("stands first beside a list", () => {
		expect(values(patch(two, "c@x.example", ["d@x.example", "e@x.example"]))).toEqual([
			"c@x.example",
			"d@x.example",
			"e@x.example",
		]);
		expect(values(patch([], "d@x.example", ["c@x.example", "D@x.example"]))).toEqual(["d@x.example", "c@x.example"]);
		expect(values(patch(two, null, ["d@x.example"]))).toEqual(["d@x.example"]);
	});
});

describe("a list", () => {
	test("replaces all, its flagged or first one is the primary, nobody has one twice", () => {
		expect(values(patch(two, undefined, []))).toEqual([]);
		expect(values(patch([], undefined, ["a@x.example", { value: "b@x.example", primary: true }]))).toEqual([
			"b@x.example",
			"a@x.example",
		]);
		expect(values(patch([], undefined, ["a@x.example", "A@X.EXAMPLE", " a@x.example "]))).toEqual(["a@x.example"]);
	});

	test("has one primary at most", () => {
		const flagged = ["a@x.example", "b@x.example"].map((value) => ({ value, primary: true }));
		expect(() => patch([], undefined, flagged)).toThrow(expect.objectContaining({ code: 422 }));
	});

	test("keeps the moment an address was verified", () => {
		const verifiedAt = new Date("2026-01-01T00:00:00Z");
		const verified = two.map((email) => ({ ...email, verifiedAt }));
		expect(patch(verified, undefined, ["B@x.example", "new@x.example"]).map((email) => email.verifiedAt)).toEqual([
			verifiedAt,
			null,
		]);
	});

	test.each([
		[["ok@x.example", "nonsense"], "/emails/1"],
		[[{ value: "no at" }], "/emails/0/value"],
		[["\ud800@x.example"], "/emails/0"],
	])("%j is refused where it is wrong", (many, pointer) => {
		expect(() => patch([], undefined, many as ContactInput[])).toThrow(
			expect.objectContaining({
				code: 422,
				data: expect.objectContaining({ errors: [expect.objectContaining({ pointer })] }),
			}),
		);
	});

	test("and a short value together have ten at most", () => {
		const ten = Array.from({ length: 10 }, (_, i) => `${i}@x.example`);
		expect(patch([], "0@x.example", ten)).toHaveLength(10);
		expect(() => patch([], "new@x.example", ten)).toThrow(expect.objectContaining({ code: 422 }));
	});
});

test("whatever is sent: one primary, which stands first, and no address twice", () => {
	const address = fc.constantFrom(
		"a@x.example",
		"A@x.example",
		"b@x.example",
		"ä@x.example",
		"a\u0308@X.example",
		"c@x.example",
	);
	const many = fc.array(fc.oneof(address, fc.record({ value: address, primary: fc.constant(false) })), {
		maxLength: 8,
	});
	fc.assert(
		fc.property(
			fc.option(many, { nil: undefined }),
			fc.option(address, { nil: undefined }),
			fc.option(many, { nil: undefined }),
			fc.option(fc.option(address, { nil: null }), { nil: undefined }),
			(firstMany, firstOne, secondMany, secondOne) => {
				const before = patch([], firstOne, firstMany);
				const after = patch(before, secondOne, secondMany);
				const keys = after.map((email) => email.normalized);
				expect(new Set(keys).size).toBe(keys.length);
				expect(after.map((email) => email.primary)).toEqual(after.map((_, index) => index === 0));
				// The same change again changes nothing, except that null takes one more away.
				if (secondOne !== null) expect(patch(after, secondOne, secondMany)).toEqual(after);
			},
		),
		{ seed: SEED },
	);
});

test("normalising an address once is normalising it for good", () => {
	const local = fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 });
	let seen = 0;
	fc.assert(
		fc.property(local, fc.constantFrom("x.example", "BÜCHER.example", "ＥＸＡＭＰＬＥ.com"), (name, domain) => {
			let first: CustomerEmail[];
			try {
				first = patch([], `${name}@${domain}`);
			} catch {
				return;
			}
			seen++;
			const [email] = first;
			expect(values(patch(first, email?.normalized))).toHaveLength(1);
			expect(patch(first, email?.normalized)[0]?.normalized).toBe(email?.normalized);
		}),
		{ seed: SEED, numRuns: 2000 },
	);
	expect(seen).toBeGreaterThan(500);
});

describe("telephone numbers", () => {
	test.each([
		["+43 664 123 45 67", "+436641234567"],
		["+1 (415) 555-2671", "+14155552671"],
		["tel:+49-30-1234567", "+49301234567"],
		["0664 1234567", null],
		["+999 123", null],
		["ext. 12", null],
	])("%s is %s", (text, e164) => {
		expect(toE164(text)).toBe(e164);
	});

	test("stay as written, and are the same when they reach the same place", () => {
		const patched = patchContacts(phones, [], { many: ["+43 664 1234567", "+43/664/1234567", "0664 1234567"] });
		expect(patched).toEqual([
			{ value: "+43 664 1234567", e164: "+436641234567", primary: true },
			{ value: "0664 1234567", e164: null, primary: false },
		]);
	});

	test("have digits", () => {
		expect(() => patchContacts(phones, [], { one: "call me" })).toThrow(expect.objectContaining({ code: 422 }));
	});
});
