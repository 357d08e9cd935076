// A process of its own with a copy of a service's timers, to be killed by tests. Arguments: how many timers to set that are
// due at once, and by how many ms its clock is ahead. Each leaves a note when it fires. Prints `fired <subject>` for each
// and `done <notes> <different>` when nothing is left, and lives until it is killed.
import { loadConfig } from "../../config.ts";
import { newId } from "../../lib/ids.ts";
import { Store } from "../../mixins/store.ts";
import { Timers } from "../../mixins/timers.ts";
import { defineModel, type Entity } from "../../models/model.ts";
import { timerModel } from "../../models/timer.ts";
import { openRuntime } from "../../runtime.ts";
import { systemCommand } from "./command.ts";
import { startStore } from "./store.ts";

const [count = "0", aheadMs = "0"] = process.argv.slice(2);
const say = (line: string) => process.stdout.write(`${line}\n`);
const clock = { now: () => new Date(Date.now() + Number(aheadMs)) };
const tenantId = "here";
const command = systemCommand(tenantId);
const noteModel = defineModel<Entity & { about: string }>("notes", { about: String }, [[{ tenantId: 1, _id: 1 }, {}]]);

const runtime = await openRuntime(loadConfig(process.env), clock, { strictQueries: true });
const store = new Store(runtime, "timed", [noteModel, timerModel] as never, (error) => say(`error ${error}`));
const timers = new Timers(store, clock, (error) => say(`error ${error}`));
const notes = store.repository(noteModel, "note");
for (const together of [true, false])
	timers.handle(together ? "small" : "big", {
		...(together ? { together } : {}),
		async fire(tx, { subjectId }) {
			await notes.create(tx, { _id: newId(), tenantId, about: subjectId });
			say(`fired ${subjectId}`);
		},
	});
await startStore(store);
for (let i = 0; i < Number(count); i += 50)
	await store.commit(command, async (tx) => {
		for (let j = i; j < Math.min(i + 50, Number(count)); j++)
			await timers.set(tx, { tenantId, kind: j % 3 ? "small" : "big", subjectId: `s${j}` }, clock.now());
	});
timers.start();
await timers.idle();
const written = await store.model(noteModel).find({ tenantId }).limit(100_000).lean<{ about: string }[]>();
say(`done ${written.length} ${new Set(written.map(({ about }) => about)).size}`);
// Lives until it is killed.
setInterval(() => {}, 60_000);
