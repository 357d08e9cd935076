// A process of its own with a copy of a service's store, to be killed by tests. Argument: what it does.
// `commit N`: commits N changes of one box whose events are never published, and prints `committed <sequence>`.
// `serve`: publishes what it finds. Both print `secret <text>` first and live until they are killed.
import { Type } from "typebox";
import { loadConfig } from "../../config.ts";
import { defineEvent } from "../../contracts/event-contract.ts";
import { systemClock } from "../../lib/clock.ts";
import { type Command, Store } from "../../mixins/store.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { openRuntime } from "../../runtime.ts";
import { logLike, startStore, withLog } from "./store.ts";

const [task = "", count = "0"] = process.argv.slice(2);
const boxModel = defineModel<Entity & { count: number }>("boxes", { count: Number }, [[{ tenantId: 1, _id: 1 }, {}]]);
const changed = defineEvent({ type: "box.changed", aggregate: "box", summary: "", data: Type.Object({}) });
const say = (line: string) => process.stdout.write(`${line}\n`);

const runtime = await openRuntime(loadConfig(process.env), systemClock, { strictQueries: true });
const log = task === "commit" ? logLike(runtime.events, { append: () => new Promise(() => {}) }) : runtime.events;
const store = new Store(withLog(runtime, log), "boxes", [boxModel as never], (error) => say(`error ${error}`));
await startStore(store);
say(`secret ${store.secret}`);

const command: Command = {
	tenantId: "here",
	actor: { type: "system", id: "test", name: "Test" },
	correlationId: "test",
	causationId: null,
	id: null,
};
const boxes = store.repository(boxModel, "box");
for (let i = 0; i < Number(count); i++) {
	const { version } = await store.commit(command, async (tx) => {
		const before = await boxes.get({ tenantId: "here" }, "1", tx);
		const after = before
			? await boxes.update(tx, before, { ...before, count: before.count + 1 })
			: await boxes.create(tx, { _id: "1", tenantId: "here", count: 1 });
		await tx.emit(changed, after, {});
		return after;
	});
	say(`committed ${version}`);
}
// Lives until it is killed.
setInterval(() => {}, 60_000);
