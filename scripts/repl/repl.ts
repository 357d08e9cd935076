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

/** Opens the REPL on the standard input and output, with the commands of the product. */
export function openRepl({ broker, runtime }: Pick<App, "broker" | "runtime">): void {
	const { events: log, clock } = runtime;
	const desk: Desk = { broker, events: log, now: () => clock.now(), print: (text) => console.log(text) };
	const customCommands = COMMANDS.map((command) => ({
		command: command.command,
		description: command.description,
		options: command.options ?? [],
		action: (_broker: ServiceBroker, parsed: Parsed) => runCommand(command, desk, parsed),
	}));
	// The library types a command's arguments as strings; they are an object.
	broker.options.replOptions = { ...broker.options.replOptions, delimiter: "conductor $", customCommands } as never;
	broker.repl();
}
