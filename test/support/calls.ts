import type { ActionContract, RestAlias } from "../../contracts/contract.ts";
import { newId } from "../../lib/ids.ts";
import type { Fixtures } from "./fixtures.ts";
import { sample } from "./sample.ts";

/** One request that a contract allows. */
export interface Call {
	contract: ActionContract;
	method: string;
	/** with `:parameters` */
	template: string;
}

const callOf = (contract: ActionContract, alias: RestAlias): Call => {
	const [method, template] = alias.split(" ") as [string, string];
	return { contract, method, template };
};

/** Every method and route of the contracts. */
export function callsOf(contracts: readonly ActionContract[]): Call[] {
	return contracts.flatMap((contract) => contract.rest.map((alias) => callOf(contract, alias)));
}

/** Every method and route of the help centre, below where that of the tenant is. */
export function helpCallsOf(contracts: readonly ActionContract[]): Call[] {
	return contracts.flatMap((contract) => contract.help.map((alias) => callOf(contract, alias)));
}

/** Whether the path holds a text to search for, which is nothing that is there or not. */
export const isSearchText = ({ template }: Call) => template.endsWith("/:query");

/** What the query string has to say for a call to make sense: a search that has no text in its path needs one there. */
export function queryFor(call: Call): string {
	return "q" in (call.contract.query?.properties ?? {}) && !isSearchText(call) ? "q=fixture" : "";
}

/** The route with its parameters filled in. */
export function fill(template: string, values: Record<string, string>): string {
	return template.replace(/:(\w+)/g, (_, name: string) => values[name] ?? `missing-${name}`);
}

/** Bodies where a schema alone cannot say what makes sense. */
const BODIES: Record<string, (fixtures: Fixtures) => unknown> = {
	"customers.create": () => sampleCustomer(),
	"tickets.create": (fixtures) => ({
		subject: "Sample",
		description: "Hello",
		customerId: fixtures["/customers/:id"]?.id,
	}),
	"tickets.createCalendar": () => ({ name: "Sample", timeZone: "UTC", hours: { mon: [["09:00", "17:00"]] } }),
	"tickets.computeCalendar": () => ({ calendar: "always", start: "2026-01-01T00:00:00.000Z", seconds: 60 }),
	"tickets.assign": () => ({ assigneeId: null }),
	"tickets.createRule": () => ({ name: "Sample", trigger: "csat.submitted", actions: [{ type: "unassign" }] }),
	"tickets.dryRunRule": (fixtures) => ({ ticketId: fixtures["/tickets/:id"]?.id }),
	"tickets.previewRule": () => ({ conditions: { all: [] } }),
	"tickets.createMacro": () => ({ name: "Sample", actions: [{ type: "add_tags", tags: ["sample"] }] }),
	"tickets.merge": (fixtures) => ({ targetId: fixtures["/tickets/:id"]?.id }),
	"tickets.previewMerge": (fixtures) => ({ targetId: fixtures["/tickets/:id"]?.id }),
	"tickets.split": (fixtures) => ({ messageIds: [fixtures["/tickets/:id/messages/:messageId"]?.messageId] }),
	"knowledge-base.rate": () => ({ value: "helpful" }),
	"knowledge-base.recordClick": (fixtures) => ({ articleId: fixtures["/knowledge-base/articles/:id"]?.id }),
	"tickets.createView": () => ({ name: "Sample", filter: { status: ["open", "new"] }, sort: "-createdAt" }),
	"tickets.updateView": () => ({ name: "Renamed", filter: "assigneeId=me&tag=a&tag=b" }),
	"identity.createToken": () => ({ name: "sample", scopes: ["tickets.read"] }),
};

function sampleCustomer(): unknown {
	return { name: "Sample", email: `sample-${newId()}@samples.example` };
}

/** A body that the contract accepts, as far as its schema tells. */
export function bodyFor(contract: ActionContract, fixtures: Fixtures): Record<string, unknown> | undefined {
	if (!contract.body) return undefined;
	const special = BODIES[contract.name];
	return (special ? special(fixtures) : sample(contract.body)) as Record<string, unknown>;
}
