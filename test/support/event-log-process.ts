// A process of its own on a shared event log, to be killed by tests. Arguments: folder, group, lease in ms, how many events
// to append. It prints one line for each event: `appended <id>` once it is durable, `handled <subject> <sequence> <id>`.
import { openEventLog } from "../../embedded/event-log.ts";
import { domainEvent } from "./domain-event.ts";

const [dataDir = "", group = "", leaseMs = "", count = ""] = process.argv.slice(2);
const log = await openEventLog({ dataDir, leaseMs: Number(leaseMs), pollMs: 20 });
await log.subscribe({
	group,
	types: ["*"],
	handler: async ({ subject, sequence, id }) => {
		process.stdout.write(`handled ${subject} ${sequence} ${id}\n`);
	},
});
process.stdout.write("ready\n");
for (let sequence = 1; sequence <= Number(count); sequence++) {
	const event = domainEvent({ subject: `ticket/${sequence % 7}`, sequence });
	await log.append([event]);
	process.stdout.write(`appended ${event.id}\n`);
}
// Lives until it is killed.
setInterval(() => {}, 60_000);
