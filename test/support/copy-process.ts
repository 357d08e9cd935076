// A process of the cluster that tests call, freeze and kill: `node copy-process.ts <NATS URL>`.
import { setTimeout as pause } from "node:timers/promises";
import { action } from "../../mixins/action.ts";
import { COPY } from "./copy-contracts.ts";
import { clusterNode } from "./node.ts";

const by = () => ({ pid: process.pid });

const broker = clusterNode(process.argv[2] ?? "", [
	{
		name: "copy",
		actions: {
			read: action(COPY.read, async () => {
				await pause(5);
				return by();
			}),
			command: action(COPY.command, async () => {
				await pause(5);
				return by();
			}),
			slow: action(COPY.slow, async () => {
				await pause(1500);
				return by();
			}),
			hang: action(COPY.hang, () => new Promise(() => undefined)),
			die: action(COPY.die, async ({ params }) => {
				if (params.pid === process.pid) process.kill(process.pid, "SIGKILL");
				return by();
			}),
		},
	},
]);
process.once("SIGTERM", () => void broker.stop().then(() => process.exit(0)));
await broker.start();
console.log("READY");
