import { InTurn } from "../../lib/in-turn.ts";

test("work on one key runs one after another, also after a failure, and on others at once", async () => {
	const turns = new InTurn();
	const log: string[] = [];
	const gates = new Map<string, () => void>();
	const work =
		(name: string, fails = false) =>
		async () => {
			log.push(`${name} begins`);
			await new Promise<void>((resolve) => gates.set(name, resolve));
			log.push(`${name} ends`);
			if (fails) throw new Error(name);
			return name;
		};
	const tick = () => new Promise((resolve) => setImmediate(resolve));
	const first = turns.run("a", work("one", true));
	const second = turns.run("a", work("two"));
	const other = turns.run("b", work("three"));
	first.catch(() => undefined);
	await tick();
	expect(log).toEqual(["one begins", "three begins"]);
	gates.get("three")?.();
	expect(await other).toBe("three");
	gates.get("one")?.();
	await expect(first).rejects.toThrow("one");
	await tick();
	expect(log.at(-1)).toBe("two begins");
	gates.get("two")?.();
	expect(await second).toBe("two");
	await tick();
	expect((turns as unknown as { last: Map<string, unknown> }).last.size).toBe(0);
});
