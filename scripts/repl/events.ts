import type { DeadLetter } from "../../lib/event-log.ts";
import { type Command, countOption, type Desk, Mistake, textOption } from "./command.ts";
import { placeOf } from "./place.ts";
import { duration, table } from "./table.ts";

type Options = Record<string, unknown>;

const USAGE = `How the consumers of domain events are doing, and what they could not handle:
  events lag                                      how far behind each consumer group is
  events dead [--group g] [--tenant t]            list dead letters, oldest first
  events dead show <id>                           show one with its event and error
  events dead replay <id|all> [--group g]         hand it to its group again
  events dead discard <id>                        give it up for good
  events replay <group> --from <place>            let a group get everything after a place again; what already took
                                                  effect does so once: a position, a time, 15m (ago) or beginning`;

/** How many dead letters are read at a time. */
const PAGE = 100;

async function lag({ events, now, print }: Desk): Promise<void> {
	const groups = await events.status();
	const rows = await Promise.all(
		groups.map(async ({ group, position, head, lag: behind, parked, dead, active }) => {
			const oldest = await events.oldestUnhandled(group);
			const waits = oldest ? duration(now().getTime() - oldest.getTime()) : null;
			return { group, position, head, lag: behind, oldest: waits, parked, dead, consumed: active ? "yes" : "NO" };
		}),
	);
	print(table(["group", "position", "head", "lag", "oldest", "parked", "dead", "consumed"], rows));
}

function filterOf(options: Options): { group?: string; tenantId?: string } {
	const [group, tenantId] = [textOption(options, "group"), textOption(options, "tenant")];
	return { ...(group ? { group } : {}), ...(tenantId ? { tenantId } : {}) };
}

async function listDead({ events, print }: Desk, options: Options): Promise<void> {
	const limit = Math.min(1000, countOption(options, "limit", 20));
	const after = textOption(options, "after");
	const letters = await events.deadLetters.list({
		...filterOf(options),
		...(after ? { after: letterId(after) } : {}),
		limit,
	});
	if (letters.length === 0) {
		print("There are no dead letters.");
		return;
	}
	const rows = letters.map(({ id, group, event, attempts, lastFailedAt, error }) => ({
		...{ id, group, type: event.type, tenant: event.tenantId, subject: event.subject },
		...{ attempts, "last failure": lastFailedAt, error },
	}));
	print(table(["id", "group", "type", "tenant", "subject", "attempts", "last failure", "error"], rows));
	if (letters.length === limit) print(`There may be more: events dead --after ${letters.at(-1)?.id}`);
}

function letterId(text: string | undefined): number {
	if (text === undefined) throw new Mistake("Which dead letter? `events dead` lists them with their ids.");
	if (!/^\d{1,15}$/.test(text)) throw new Mistake(`"${text}" is no id of a dead letter.`);
	return Number(text);
}

async function show({ events, print }: Desk, id: number): Promise<void> {
	const letter = await events.deadLetters.get(id);
	if (!letter) throw new Mistake(`There is no dead letter ${id}.`);
	print(JSON.stringify(letter, null, 2));
}

async function replayAll({ events, print }: Desk, options: Options): Promise<void> {
	const letters: DeadLetter[] = [];
	// All of them first: one that fails again comes back behind the others.
	for (let after = 0; ; ) {
		const page = await events.deadLetters.list({ ...filterOf(options), after, limit: PAGE });
		letters.push(...page);
		if (page.length < PAGE) break;
		after = page.at(-1)?.id ?? 0;
	}
	let replayed = 0;
	for (const { id } of letters) if (await events.deadLetters.replay(id)) replayed++;
	print(`${replayed} dead letters were handed to their groups again.`);
}

async function dead(desk: Desk, verb: string | undefined, which: string | undefined, options: Options): Promise<void> {
	const { events, print } = desk;
	if (verb === undefined || verb === "list") return listDead(desk, options);
	if (verb === "replay" && which === "all") return replayAll(desk, options);
	if (verb !== "show" && verb !== "replay" && verb !== "discard")
		throw new Mistake(`There is no "events dead ${verb}".\n${USAGE}`);
	const id = letterId(which);
	if (verb === "show") return show(desk, id);
	if (!(await events.deadLetters[verb](id))) throw new Mistake(`There is no dead letter ${id}.`);
	print(verb === "replay" ? `Dead letter ${id} was handed to its group again.` : `Dead letter ${id} is given up.`);
}

async function replay({ events, now, print }: Desk, group: string | undefined, options: Options): Promise<void> {
	const from = textOption(options, "from");
	if (group === undefined || from === undefined)
		throw new Mistake("Write: events replay <group> --from <position | time | 15m | beginning>");
	const place = placeOf(from, now());
	if (!(await events.rewind(group, place))) {
		const names = (await events.status()).map((status) => status.group).join(", ");
		throw new Mistake(`There is no consumer group "${group}"; there are ${names || "none"}.`);
	}
	const since = place instanceof Date ? `since ${place.toISOString()}` : `after position ${place}`;
	print(`The group ${group} gets everything ${since} again. What already took effect does so once.`);
}

/** Consumer groups, dead letters and replay. */
export const events: Command = {
	command: "events [what] [first] [second]",
	description: USAGE,
	options: [
		{ option: "--group <name>", description: "only this consumer group" },
		{ option: "--tenant <id>", description: "only this tenant" },
		{ option: "--after <id>", description: "go on behind this dead letter" },
		{ option: "--limit <number>", description: "at most so many, 20 unless told" },
		{ option: "--from <place>", description: "where a replay begins" },
	],
	async run(desk, { what, first, second }, options) {
		if (what === "lag") await lag(desk);
		else if (what === "dead") await dead(desk, first, second, options);
		else if (what === "replay") await replay(desk, first, options);
		else if (what === undefined) desk.print(USAGE);
		else throw new Mistake(`There is no "events ${what}".\n${USAGE}`);
	},
};
