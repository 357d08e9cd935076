// Gives an operator the REPL: a process that runs no service and joins the cluster of the same settings.
import { startApp } from "../app.ts";
import { ConfigError, loadConfig } from "../config.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { openRepl } from "./repl/repl.ts";

try {
	const config = loadConfig({ LOG_LEVEL: "warn", ...process.env });
	const app = await startApp({ ...config, services: [], operationsPort: null });
	if (config.natsUrl === null)
		console.log("No NATS_URL is set: from here only the event log can be reached, by `events`.");
	console.log("Commands of the product: tenants, events, rebuild, sagas, timers. `help` shows all.");
	openRepl(app);
} catch (error) {
	console.error(`conductor: ${withoutSecrets(error instanceof Error ? error.message : String(error))}`);
	process.exit(error instanceof ConfigError ? 2 : 1);
}
