import type { Rule } from "../../../models/rule.ts";
import { ActiveRules } from "../../../services/tickets/rules/active-rules.ts";

const rule = (name: string) => ({ name }) as Rule;

function book(isAlone: boolean) {
	const looked: string[] = [];
	let stored = [rule("first")];
	const rules = new ActiveRules(async (tenantId) => {
		looked.push(tenantId);
		const found = stored;
		await null;
		return found;
	}, isAlone);
	const store = (name: string) => {
		stored = [rule(name)];
	};
	return { rules, looked, store };
}

test("are looked up once, and again after a write, also one that failed", async () => {
	const { rules, looked, store } = book(true);
	expect(await rules.of("a")).toEqual([{ name: "first" }]);
	await rules.of("a");
	expect(looked).toEqual(["a"]);
	await rules.during("b", async () => undefined);
	await rules.of("a");
	expect(looked).toEqual(["a"]);
	const failing = rules.during("a", async () => {
		store("second");
		throw new Error("the answer was lost");
	});
	await expect(failing).rejects.toThrow("lost");
	expect(await rules.of("a")).toEqual([{ name: "second" }]);
});

test("what was looked up during a write is not kept", async () => {
	const { rules, looked, store } = book(true);
	const early = rules.of("a");
	await rules.during("a", async () => store("second"));
	expect(await early).toEqual([{ name: "first" }]);
	expect(await rules.of("a")).toEqual([{ name: "second" }]);
	expect(looked).toEqual(["a", "a"]);
});

test("are looked up each time where others write too", async () => {
	const { rules, looked } = book(false);
	await rules.of("a");
	await rules.of("a");
	expect(looked).toEqual(["a", "a"]);
});
