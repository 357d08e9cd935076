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

interface Bindings {
	nodeID?: string;
	svc?: string;
	mod?: string;
	[name: string]: unknown;
}

/** How a line is written: who says it, what it belongs to, nothing secret in it, an error with its stack. */
export const LINE_OPTIONS: LoggerOptions = {
	redact: REDACTED,
	mixin: currentFields,
	formatters: {
		level: (label) => ({ level: label }),
		bindings: ({ nodeID, svc, mod }: Bindings) => ({
			...(nodeID ? { node: nodeID } : {}),
			...(svc ? { service: svc } : {}),
			...(mod ? { module: mod } : {}),
		}),
	},
	hooks: { streamWrite: withoutSecrets },
};

/** The broker's logger: JSON lines on the standard output. Written in the background: no request waits for its line. */
export function loggerOptions(
	config: Pick<Config, "logLevel">,
	destination: DestinationStream = pino.destination({ sync: false }),
): Pick<BrokerOptions, "logger" | "logLevel"> {
	const { logLevel } = config;
	if (logLevel === "silent") return { logger: false };
	return {
		logger: { type: "Pino", options: { level: logLevel, pino: { options: { ...LINE_OPTIONS }, destination } } },
		logLevel,
	};
}
