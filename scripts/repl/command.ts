import type { ServiceBroker } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { ActionContract } from "../../contracts/contract.ts";
import type { EventLog } from "../../lib/event-log.ts";

/** What an operator works with: the cluster by way of this process, its event log, and a screen. */
export interface Desk {
	broker: ServiceBroker;
	events: EventLog;
	now(): Date;
	print(text: string): void;
}

/** A command of the REPL. */
export interface Command {
	/** its name and parameters, `<required>` or `[optional]`, as the REPL's help shows them */
	command: string;
	/** what it does, in a line, then how it is written */
	description: string;
	options?: { option: string; description: string }[];
	/** Does it. `words` are the parameters by name, `options` what was given with `--`. */
	run(desk: Desk, words: Record<string, string | undefined>, options: Record<string, unknown>): Promise<void>;
}

/** Something that was typed and makes no sense; the message says what would. */
export class Mistake extends Error {
	override name = "Mistake";
}

const OPERATOR: Caller = {
	kind: "platform",
	id: "operator",
	name: "Operator",
	email: null,
	role: null,
	groupIds: [],
	scopes: [],
	credentialId: null,
	tenant: null,
};

/** Calls an action as the operator, with as much time as it takes. */
export async function ask<P, R>({ broker }: Desk, contract: ActionContract<P, R>, params: P): Promise<R> {
	const service = contract.name.slice(0, contract.name.indexOf("."));
	try {
		return await broker.call<R, object>(contract.name, params as object, { meta: { caller: OPERATOR }, timeout: 0 });
	} catch (error) {
		const type = (error as { type?: unknown }).type;
		if (type === "SERVICE_NOT_FOUND" || type === "SERVICE_NOT_AVAILABLE")
			throw new Mistake(`No process that this one can reach runs the service ${service}.`);
		throw error;
	}
}

/** The text of an option; undefined where it was not given. @throws Mistake where it was given without a value */
export function textOption(options: Record<string, unknown>, name: string): string | undefined {
	const value = options[name];
	if (value === undefined) return undefined;
	if (value === true) throw new Mistake(`--${name} needs a value.`);
	return String(value);
}

/** The whole number from 1 of an option. @throws Mistake where it is none */
export function countOption(options: Record<string, unknown>, name: string, otherwise: number): number {
	const text = textOption(options, name) ?? String(otherwise);
	if (!/^[1-9]\d{0,8}$/.test(text)) throw new Mistake(`--${name} must be a whole number from 1, not "${text}".`);
	return Number(text);
}
