import { deltaOf } from "../../services/gateway/stream/delta.ts";

test.each([
	[{ a: 1 }, { a: 1 }, {}],
	[{ a: 1 }, { a: 3 }, { a: 2 }],
	[
		{ a: 1, b: { c: 2, d: 1 } },
		{ a: 0, b: { c: 2, d: 5 } },
		{ a: -1, b: { d: 4 } },
	],
	[{ a: null, b: "x" }, { a: 3, b: "y" }, {}],
	[{}, { a: 3 }, {}],
])("from %j to %j it is %j", (before, after, delta) => {
	expect(deltaOf(before, after)).toEqual(delta);
});
