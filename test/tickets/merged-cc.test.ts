import fc from "fast-check";
import { backCc, handedCc } from "../../services/tickets/merged-cc.ts";

const HAND = { fromEmails: ["l1@x", "l2@x"], toEmails: ["s1@x", "s2@x"], toEmail: "s1@x" };

describe("copied addresses after a merge", () => {
	test.each([
		["another's ticket", ["a@x", "l1@x"], false, ["a@x", "s1@x"]],
		["both addresses of one person", ["l1@x", "l2@x", "a@x"], false, ["s1@x", "a@x"]],
		["the survivor beside the other", ["s1@x", "l1@x"], false, ["s1@x"]],
		["the survivor under its second address", ["s2@x", "l1@x"], false, ["s2@x", "s1@x"]],
		["the survivor's own ticket", ["l1@x", "a@x", "s2@x"], true, ["a@x"]],
		["a ticket of others alone", ["a@x", "b@x"], false, ["a@x", "b@x"]],
	])("%s", (_what, cc, own, expected) => {
		expect(handedCc(cc, HAND, own)).toEqual(expected);
	});

	test("stay where the survivor has no address of its own", () => {
		expect(handedCc(["l1@x"], { ...HAND, toEmails: [], toEmail: null }, false)).toEqual(["l1@x"]);
	});
});

test("taking a merge back restores the addresses", () => {
	const address = fc.constantFrom("a@x", "b@x", "l1@x", "l2@x", "s1@x", "s2@x");
	fc.assert(
		fc.property(fc.uniqueArray(address), fc.boolean(), (before, own) => {
			const after = handedCc(before, HAND, own);
			expect(backCc(after, { before, after })).toEqual(before);
		}),
		{ seed: 3 },
	);
});

test("what was changed since stays changed", () => {
	const moved = { before: ["a@x", "l1@x"], after: ["a@x", "s1@x"] };
	expect(backCc(["a@x", "s1@x", "new@x"], moved)).toEqual(["a@x", "l1@x", "new@x"]);
	expect(backCc(["s1@x"], moved)).toEqual(["l1@x"]);
	expect(backCc(["a@x"], moved)).toEqual(["a@x"]);
});
