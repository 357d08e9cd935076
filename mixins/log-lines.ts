import type { BrokerOptions } from "moleculer";
import { type DestinationStream, type LoggerOptions, pino } from "pino";
import type { Config } from "../config.ts";
import { withoutSecrets } from "../lib/redaction.ts";
import { currentFields } from "./log-context.ts";

const REDACTED = [
	"authorization",
	"cookie",
	"password",
	"secret",
	"token",
	"*.authorization",
	"*.cookie",
	"*.password",
	"*.secret",
	"*.token",
	"*.headers.authorization",
	"*.headers.cookie",
];

/** Who says a line, as Moleculer names it. */
interface Bindings {
	nodeID?: string;
	svc?: string;
	mod?: string;
}

/** How a line is written: what it belongs to, nothing secret in it, an error with its stack. */
const LINE_OPTIONS: LoggerOptions = {
	base: null,
	redact: REDACTED,
	mixin: currentFields,
	formatters: { level: (label) => ({ level: label }) },
	hooks: { streamWrite: withoutSecrets },
};

/**
 * The broker's logger: JSON lines, by default on the standard output, each with the node and the service or module that
 * says it. Written in the background: no request waits for its line.
 */
export function loggerOptions(
	{ logLevel }: Pick<Config, "logLevel">,
	destination: DestinationStream = pino.destination({ sync: false }),
): Pick<BrokerOptions, "logger" | "logLevel"> {
	if (logLevel === "silent") return { logger: false };
	const root = pino({ ...LINE_OPTIONS, level: logLevel }, destination);
	const createLogger = (level: string, { nodeID, svc, mod }: Bindings = {}) =>
		root.child({ node: nodeID, ...(svc ? { service: svc } : { module: mod }) }, { level });
	// The library types the factory's parameters as what it never passes.
	return { logger: { type: "Pino", options: { level: logLevel, createLogger: createLogger as never } }, logLevel };
}
