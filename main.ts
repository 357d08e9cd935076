import { startApp } from "./app.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { withoutSecrets } from "./lib/redaction.ts";
import { announce } from "./scripts/announce.ts";
import { EXIT, stopOnSignals } from "./signals.ts";

function readConfig(): Config {
	try {
		return loadConfig(process.env);
	} catch (error) {
		if (!(error instanceof ConfigError)) throw error;
		console.error(`conductor: ${error.message}`);
		process.exit(EXIT.settings);
	}
}

const config = readConfig();
try {
	const app = await startApp(config);
	stopOnSignals(app);
	announce(config, { origin: app.origin, operationsOrigin: app.operationsOrigin, ...app.firstStart });
	if (process.argv.includes("--repl")) (await import("./scripts/repl/repl.ts")).openRepl(app);
} catch (error) {
	console.error(`conductor: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
	process.exit(EXIT.failed);
}
