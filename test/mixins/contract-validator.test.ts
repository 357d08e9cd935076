import { Type } from "typebox";
import { strict } from "../../contracts/contract.ts";
import { Nullable, Words } from "../../contracts/fields.ts";
import { isProblem } from "../../lib/problem.ts";
import { createAjv, problemItems, schemaProblem } from "../../mixins/contract-validator.ts";

const SCHEMA = strict({
	name: Type.String({ minLength: 1, maxLength: 5 }),
	limit: Type.Optional(Nullable(Type.Integer({ minimum: 0 }))),
	mood: Type.Optional(Words(["good", "bad"])),
	items: Type.Optional(Type.Array(strict({ level: Type.Integer({ maximum: 5 }) }))),
});
const validate = createAjv().compile(SCHEMA);
const items = (value: unknown) => {
	validate(value);
	return problemItems(validate.errors ?? []).map(({ pointer, code }) => `${pointer} ${code}`);
};

test.each([
	[{ name: "a" }, []],
	[{ name: "a", limit: null }, []],
	[{}, ["/name required"]],
	[{ name: "", mood: "odd" }, ["/name minLength", "/mood enum"]],
	[{ name: "a", limit: -1 }, ["/limit minimum"]],
	[{ name: "a", limit: {} }, ["/limit type"]],
	[
		{ name: "a", items: [{ level: 1 }, { level: 6, more: 1 }] },
		["/items/1/more unknown_field", "/items/1/level maximum"],
	],
	[{ name: "a", other: 1 }, ["/other unknown_field"]],
	[[], [" type"]],
])("%j is refused for %j", (value, expected) => {
	expect(items(value).sort()).toEqual([...expected].sort());
});

test("only unknown fields make an unknown_field problem", () => {
	const codeOf = (value: unknown) => {
		validate(value);
		const problem = schemaProblem(validate.errors ?? []);
		expect(isProblem(problem)).toBe(true);
		return [problem.code, problem.type];
	};
	expect(codeOf({ name: "a", other: 1 })).toEqual([422, "unknown_field"]);
	expect(codeOf({ other: 1 })).toEqual([422, "validation_failed"]);
});
