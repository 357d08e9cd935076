import type { REPLServer } from "node:repl";
import type { ServiceBroker } from "moleculer";
import type { App } from "../../app.ts";
import { withoutSecrets } from "../../lib/redaction.ts";
import { type Command, type Desk, Mistake } from "./command.ts";
import { events } from "./events.ts";
import { rebuild } from "./rebuild.ts";
import { sagas } from "./sagas.ts";
import { tenants } from "./tenants.ts";
import { timers } from "./timers.ts";

/** Commands of the product's own in Moleculer's REPL, beside `call`, `actions`, `nodes` and so on. */
export const COMMANDS: readonly Command[] = [tenants, events, rebuild, sagas, timers];

interface Parsed {
	options: Record<string, unknown>;
	[word: string]: unknown;
}

/** The words of a command, without what the REPL adds. */
function wordsOf({ options: _options, rawCommand: _raw, ...words }: Parsed): Record<string, string | undefined> {
	return words as Record<string, string | undefined>;
}

/** Runs a command, and says in one line why where it cannot be done: the REPL goes on either way. */
export async function runCommand(command: Command, desk: Desk, parsed: Parsed): Promise<void> {
	try {
		await command.run(desk, wordsOf(parsed), parsed.options);
	} catch (error) {
		const name = command.command.split(" ")[0];
		const message = error instanceof Error ? error.message : String(error);
		desk.print(error instanceof Mistake ? message : `${name}: ${withoutSecrets(message)}`);
	}
}

/** A command as the REPL's library holds it (commander), as far as it is touched here. */
interface Registered {
	name(): string;
	name(name: string): Registered;
	parent: { commands: Registered[] };
}

/** What our `events` is called until the library's own is out of its way, and what that one is called then. */
const OUR_EVENTS = "conductor-events";
const LIBRARY_EVENTS = "listeners";
const ADOPT = "conductor-adopt";

/**
 * Gives our `events` its name. The library has a command of that name, which lists who listens to Moleculer's own events,
 * and refuses a second one; what it does is called `listeners` from then on. A command is the only place from which the
 * others can be reached, so that one does it and takes itself away.
 */
const adopt = {
	command: ADOPT,
	async action(_broker: ServiceBroker, _parsed: Parsed, { cmd }: { cmd: Registered }): Promise<void> {
		const { commands } = cmd.parent;
		commands.splice(commands.indexOf(cmd), 1);
		commands.find((one) => one.name() === "events")?.name(LIBRARY_EVENTS);
		commands.find((one) => one.name() === OUR_EVENTS)?.name("events");
	},
};

/** Opens the REPL on the standard input and output, with the commands of the product. */
export function openRepl({ broker, runtime }: Pick<App, "broker" | "runtime">): void {
	const { events: log, clock } = runtime;
	const desk: Desk = { broker, events: log, now: () => clock.now(), print: (text) => console.log(text) };
	const customCommands = COMMANDS.map((command) => ({
		command: command.command.replace(/^events\b/, OUR_EVENTS),
		description: command.description,
		options: command.options ?? [],
		action: (_broker: ServiceBroker, parsed: Parsed) => runCommand(command, desk, parsed),
	}));
	broker.options.replOptions = { delimiter: "conductor $", customCommands: [...customCommands, adopt] as never };
	const server = broker.repl() as unknown as REPLServer;
	server.eval.call(server, ADOPT, server.context, "repl", () => undefined);
}
