import {
	getSagaOf,
	listSagasOf,
	resumeSagaOf,
	SAGA_HOSTS,
	SAGA_STATUSES,
	type SagaViewShape,
} from "../../contracts/sagas.ts";
import { ask, type Command, countOption, type Desk, Mistake, textOption } from "./command.ts";
import { table } from "./table.ts";

const USAGE = `Work over several services:
  sagas [--status stuck,running] [--type customer.merge] [--tenant id]    list sagas, newest first
  sagas show <id>                                                         show one with its log
  sagas resume <id>                                                       let a stuck one go on`;

type Options = Record<string, unknown>;

const isAway = (error: unknown) => error instanceof Mistake;
const isUnknown = (error: unknown) => (error as { code?: unknown }).code === 404;

/** What each host that can be reached answers; the names of those that cannot. */
async function askHosts<R>(work: (host: string) => Promise<R>): Promise<{ answers: R[]; away: string[] }> {
	const away: string[] = [];
	const answers = await Promise.all(
		SAGA_HOSTS.map(async (host) => {
			try {
				return [await work(host)];
			} catch (error) {
				if (!isAway(error)) throw error;
				away.push(host);
				return [];
			}
		}),
	);
	return { answers: answers.flat(), away };
}

const list = (text: string | undefined) => text?.split(",").filter((word) => word !== "");

function statuses(options: Options): string[] | undefined {
	const words = list(textOption(options, "status"));
	for (const word of words ?? [])
		if (!(SAGA_STATUSES as readonly string[]).includes(word))
			throw new Mistake(`There is no status "${word}"; there are ${SAGA_STATUSES.join(", ")}.`);
	return words;
}

async function listAll(desk: Desk, options: Options): Promise<void> {
	const [type, status] = [list(textOption(options, "type")), statuses(options)];
	const limit = Math.min(100, countOption(options, "limit", 20));
	const asked = {
		tenantId: textOption(options, "tenant") ?? null,
		limit,
		...(type ? { type } : {}),
		...(status ? { status } : {}),
	};
	const { answers, away } = await askHosts((host) => ask(desk, listSagasOf(host), asked));
	const sagas = answers
		.flatMap(({ data }) => data)
		.sort((a, b) => b.startedAt.localeCompare(a.startedAt))
		.slice(0, limit);
	if (sagas.length === 0) desk.print("There are no such sagas.");
	else {
		const rows = sagas.map((saga) => ({ ...saga, tenant: saga.tenantId, error: saga.error?.detail ?? null }));
		const columns = ["id", "type", "status", "step", "attempts", "tenant", "subject", "startedAt", "error"] as const;
		desk.print(table(columns, rows));
	}
	if (away.length > 0) desk.print(`Not asked, because no process runs them: ${away.join(", ")}.`);
}

async function onItsHost(
	desk: Desk,
	id: string | undefined,
	contractOf: typeof getSagaOf | typeof resumeSagaOf,
): Promise<SagaViewShape> {
	if (id === undefined) throw new Mistake("Which saga? `sagas` lists them with their ids.");
	const { answers, away } = await askHosts((host) =>
		ask(desk, contractOf(host), { tenantId: null, id }).catch((error) => {
			if (isUnknown(error)) return null;
			throw error;
		}),
	);
	const found = answers.find((answer) => answer !== null);
	if (found) return found;
	const rest = away.length > 0 ? `; no process runs ${away.join(", ")}, which could not be asked` : "";
	throw new Mistake(`There is no saga ${id}${rest}.`);
}

/** Lists, shows and resumes sagas. */
export const sagas: Command = {
	command: "sagas [what] [id]",
	description: USAGE,
	options: [
		{ option: "--status <words>", description: `one or more of ${SAGA_STATUSES.join(", ")}` },
		{ option: "--type <words>", description: "one or more types, such as customer.merge" },
		{ option: "--tenant <id>", description: "only this tenant's" },
		{ option: "--limit <number>", description: "at most so many, 20 unless told" },
	],
	async run(desk, { what, id }, options) {
		if (what === undefined || what === "list") await listAll(desk, options);
		else if (what === "show") desk.print(JSON.stringify(await onItsHost(desk, id, getSagaOf), null, 2));
		else if (what === "resume") {
			const { type, step } = await onItsHost(desk, id, resumeSagaOf);
			desk.print(`The saga ${id} (${type}) goes on with ${step ?? "its end"}.`);
		} else throw new Mistake(`There is no "sagas ${what}".\n${USAGE}`);
	},
};
