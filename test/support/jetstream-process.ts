// A process of its own on an event log in JetStream, to be killed by tests. Arguments: address of the server, name of the
// deployment, group, lease in ms, file of the effects. An event with `holdMs` in its data is held in hand so long. Every event takes effect once, through an inbox in that file, and
// prints `handled <id>` when that is committed. It prints `ready` first.
import { DatabaseSync } from "node:sqlite";
import { setTimeout as pause } from "node:timers/promises";
import { openJetStreamLog } from "../../cluster/event-log/event-log.ts";

const [url = "", deployment = "", group = "", leaseMs = "", file = ""] = process.argv.slice(2);
const effects = new DatabaseSync(file, { timeout: 5_000 });
effects.exec(`
	PRAGMA journal_mode = WAL;
	PRAGMA synchronous = OFF;
	CREATE TABLE IF NOT EXISTS effects (
		place INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT UNIQUE, subject TEXT, sequence INTEGER, process INTEGER
	);
	CREATE TABLE IF NOT EXISTS deliveries (id TEXT, process INTEGER);`);
const take = effects.prepare(
	"INSERT INTO effects (id, subject, sequence, process) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
);
const deliver = effects.prepare("INSERT INTO deliveries (id, process) VALUES (?, ?)");
const quiet = { error: () => {}, warn: () => {} };
const log = await openJetStreamLog({ url, deployment, leaseMs: Number(leaseMs), pollMs: 20, logger: quiet });
await log.subscribe({
	group,
	types: ["*"],
	handler: async ({ id, subject, sequence, data }) => {
		deliver.run(id, process.pid);
		await pause((data as { holdMs?: number }).holdMs ?? 1);
		take.run(id, subject, sequence, process.pid);
		process.stdout.write(`handled ${id}\n`);
	},
});
process.stdout.write("ready\n");
// Lives until it is killed.
setInterval(() => {}, 60_000);
