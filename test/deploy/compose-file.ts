import { readFileSync } from "node:fs";
import path from "node:path";
import { CORE_SCHEMA, load, mergeTag } from "js-yaml";

export const root = path.resolve(import.meta.dirname, "../..");

/** A service of the compose file, as far as the tests look at it. */
export interface ComposeService {
	image: string;
	build?: string;
	environment?: Record<string, string>;
	volumes?: string[];
	healthcheck?: { test: string[] };
	deploy?: { resources: { limits: { cpus: string; memory: string } } };
	restart?: string;
	profiles?: string[];
	read_only?: boolean;
}

export interface ComposeFile {
	services: Record<string, ComposeService>;
	volumes: Record<string, null>;
}

/** The names of a file of `NAME=value` lines, with their values. */
export function environmentFile(name: string): Record<string, string> {
	const lines = readFileSync(path.join(root, name), "utf8").split("\n");
	return Object.fromEntries(
		lines
			.filter((line) => /^[A-Z]/.test(line))
			.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
	);
}

/** The variables that a compose file asks for, and its text with them filled in as Compose does it. */
export function interpolate(
	text: string,
	values: Readonly<Record<string, string>>,
): { text: string; asked: Set<string> } {
	const asked = new Set<string>();
	const filled = text.replace(
		/\$(\$|\{([A-Z_]+)(?:(:[-?])([^}]*))?\})/g,
		(_whole, rest: string, name: string, operator: string | undefined, word: string | undefined) => {
			if (rest === "$") return "$";
			asked.add(name);
			const value = values[name] ?? "";
			if (value !== "") return value;
			if (operator === ":?") throw new Error(`${name}: ${word}`);
			return operator === ":-" ? (word ?? "") : "";
		},
	);
	return { text: filled, asked };
}

function filledIn(value: unknown, values: Readonly<Record<string, string>>): unknown {
	if (typeof value === "string") return interpolate(value, values).text;
	if (Array.isArray(value)) return value.map((item) => filledIn(item, values));
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, filledIn(item, values)]));
}

/**
 * `docker-compose.yml` with its variables filled in, after it has been parsed, as Compose does it.
 * @throws {Error} where one that it needs has no value
 */
export function composeFile(values: Readonly<Record<string, string>>): ComposeFile {
	const text = readFileSync(path.join(root, "docker-compose.yml"), "utf8");
	// Compose knows `<<`, which is not in YAML 1.2.
	return filledIn(load(text, { schema: CORE_SCHEMA.withTags(mergeTag) }), values) as ComposeFile;
}
