import type { ServiceBroker } from "moleculer";

interface Parsed {
	what: string;
	options: { tenant?: string };
}

/** What each read model is rebuilt by. */
const REBUILDS: Record<string, (broker: ServiceBroker, tenantId: string | undefined) => Promise<unknown>> = {
	dashboard: (broker, tenantId) => broker.call("dashboard.rebuild", tenantId === undefined ? {} : { tenantId }),
	search: (broker) => broker.call("search.rebuild", {}),
};

/** Commands of the product's own in Moleculer's REPL, beside `call`, `actions`, `nodes` and so on. */
export const replCommands = [
	{
		command: "rebuild <what>",
		description: `Make a read model anew: ${Object.keys(REBUILDS).join(" or ")}`,
		options: [{ option: "--tenant <id>", description: "only this tenant's (dashboard)" }],
		async action(broker: ServiceBroker, { what, options }: Parsed): Promise<void> {
			const rebuild = REBUILDS[what];
			if (!rebuild) console.error(`There is no read model "${what}"; there are ${Object.keys(REBUILDS).join(", ")}.`);
			else
				await rebuild(broker, options.tenant).then(
					(outcome) => console.log(`rebuilt ${what}:`, outcome),
					(error: Error) => console.error(`rebuild ${what}: ${error.message}`),
				);
		},
	},
];
