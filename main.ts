import { type App, startApp } from "./app.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { withoutSecrets } from "./lib/redaction.ts";
import { announce } from "./scripts/announce.ts";

/** A stop that takes longer than this is cut short, ms. */
const STOP_WITHIN_MS = 15_000;

function readConfig(): Config {
	try {
		return loadConfig(process.env);
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		console.error(`conductor: ${error.message}`);
		process.exit(2);
	}
}

function stopOnSignals(app: App): void {
	let stopping = false;
	const stop = () => {
		if (stopping) return;
		stopping = true;
		setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
		app.stop().then(
			() => process.exit(0),
			(error: unknown) => {
				console.error("conductor: the stop failed", error);
				process.exit(1);
			},
		);
	};
	process.once("SIGINT", stop);
	process.once("SIGTERM", stop);
}

const config = readConfig();
try {
	const app = await startApp(config);
	stopOnSignals(app);
	announce(config, { origin: app.origin, ...app.firstStart });
	if (process.argv.includes("--repl")) (await import("./scripts/repl/repl.ts")).openRepl(app);
} catch (error) {
	console.error(`conductor: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
	process.exit(1);
}
