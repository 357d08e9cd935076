import { SERVICE_NAMES } from "../../config.ts";
import { timedWorkOf } from "../../contracts/service-measures.ts";
import { ask, type Command, Mistake } from "./command.ts";
import { duration, table } from "./table.ts";

/** Shows the work that services do at set times. */
export const timers: Command = {
	command: "timers",
	description: "Show what waits for its time in each service, and whether any of it is late",
	async run(desk) {
		const away: string[] = [];
		const rows = await Promise.all(
			SERVICE_NAMES.map(async (service) => {
				try {
					const { work } = await ask(desk, timedWorkOf(service), {});
					return work.map(({ kind, due, lateMs, nextAt }) => ({
						...{ service, kind, due, late: due > 0 ? duration(lateMs) : null },
						next: nextAt,
					}));
				} catch (error) {
					if (!(error instanceof Mistake)) throw error;
					away.push(service);
					return [];
				}
			}),
		);
		desk.print(table(["service", "kind", "due", "late", "next"], rows.flat()));
		if (away.length > 0) desk.print(`Not asked, because no process runs them: ${away.join(", ")}.`);
	},
};
