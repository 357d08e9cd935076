import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { rebuildIndex } from "../../contracts/search.ts";
import { ask, type Command, type Desk, Mistake, textOption } from "./command.ts";
import { duration } from "./table.ts";

/** What each read model is rebuilt by. */
const REBUILDS: Record<string, (desk: Desk, tenantId: string | undefined) => Promise<object>> = {
	dashboard: (desk, tenantId) => ask(desk, rebuildDashboard, tenantId === undefined ? {} : { tenantId }),
	search: (desk, tenantId) => {
		if (tenantId !== undefined) throw new Mistake("The search index is rebuilt for all tenants: leave out --tenant.");
		return ask(desk, rebuildIndex, {});
	},
};

const NAMES = Object.keys(REBUILDS).join(" or ");

/** Makes a read model anew while the old one serves. */
export const rebuild: Command = {
	command: "rebuild <what>",
	description: `Make a read model anew while the old one serves: ${NAMES}`,
	options: [{ option: "--tenant <id>", description: "only this tenant's (dashboard)" }],
	async run(desk, { what = "" }, options) {
		const start = REBUILDS[what];
		if (!start) throw new Mistake(`There is no read model "${what}"; there are ${NAMES}.`);
		const began = desk.now().getTime();
		const outcome = await start(desk, textOption(options, "tenant"));
		const facts = Object.entries(outcome).map(([name, value]) => `${name} ${value}`);
		desk.print(`${what} is rebuilt after ${duration(desk.now().getTime() - began)}: ${facts.join(", ")}`);
	},
};
