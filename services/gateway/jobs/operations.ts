import { setImmediate as othersTurn } from "node:timers/promises";
import type { Caller } from "../../../contracts/caller.ts";
import type { ActionContract } from "../../../contracts/contract.ts";
import { deleteCustomer, updateCustomer } from "../../../contracts/customers.ts";
import { changeCustomerTags } from "../../../contracts/customers-internal.ts";
import type { BulkOperationShape, BulkResultShape } from "../../../contracts/jobs.ts";
import { deleteTicket, updateTicket } from "../../../contracts/tickets.ts";
import { changeTicketTags } from "../../../contracts/tickets-internal.ts";
import { Problem, type ProblemItem } from "../../../lib/problem.ts";
import type { Meta } from "../../../mixins/action.ts";
import type { JobKind } from "../../../models/job.ts";
import { Endpoint } from "../endpoint.ts";
import { versionOf } from "../preconditions.ts";
import { clientProblem, problemAnswer } from "../problems.ts";

/*
 * One operation of many is the request that it stands for: its action is called with the same checks of the body and of
 * the version, as the same caller, and its result is the answer that this request would have had.
 */

type Kind = BulkOperationShape["op"];

/** What each kind of work calls for each operation, and where the things are. */
const TARGETS: Record<JobKind, { path: string; calls: Record<Kind, ActionContract> }> = {
	"tickets.bulk": {
		path: "/api/tickets",
		calls: { update: updateTicket, delete: deleteTicket, tag: changeTicketTags } as Record<Kind, never>,
	},
	"customers.bulk": {
		path: "/api/customers",
		calls: { update: updateCustomer, delete: deleteCustomer, tag: changeCustomerTags } as Record<Kind, never>,
	},
};

/** Made when first used: nobody should wait for them at the start. */
const endpoints = new Map<ActionContract, Endpoint>();

function endpointOf(contract: ActionContract): Endpoint {
	const known = endpoints.get(contract);
	if (known) return known;
	const made = new Endpoint(contract);
	endpoints.set(contract, made);
	return made;
}

/** Calls an action of the broker as somebody. */
export type CallAs = (name: string, params: Record<string, unknown>, meta: Meta) => Promise<unknown>;

/** In whose name operations are done, and what names them. */
export interface Doing {
	kind: JobKind;
	caller: Caller;
	/** the id of the whole command; null where no repeat of it could be told */
	commandId: string | null;
	traceId: string;
	acceptLanguage?: string | undefined;
	call: CallAs;
}

/** `If-Match` as the header would say it. Tags are added and taken by name: that overwrites nobody, whatever the version. */
function ifMatchHeader({ op, ifMatch: given }: BulkOperationShape): string | undefined {
	if (given === undefined) return op === "tag" ? "*" : undefined;
	const text = String(given);
	return /^v?\d+$/.test(text) ? `"v${text.replace("v", "")}"` : text;
}

/** Whether it is worth another try later: nothing is wrong with the operation itself. */
export function isPassing(problem: Pick<Problem, "code">): boolean {
	return problem.code >= 500 || problem.code === 429;
}

/** An operation that has no answer of its own yet. */
export interface Failed {
	problem: Problem;
}

function pointed(items: readonly ProblemItem[], index: number): ProblemItem[] {
	return items.map((item) => ({ ...item, pointer: `/operations/${index}/patch${item.pointer}` }));
}

/** What became of an operation with a problem. */
export function failedResult(
	{ kind, traceId, acceptLanguage }: Pick<Doing, "kind" | "traceId" | "acceptLanguage">,
	{ id }: BulkOperationShape,
	index: number,
	problem: Problem,
): BulkResultShape {
	const path = `${TARGETS[kind].path}/${id}`;
	const { document } = problemAnswer(problem, { path, traceId, acceptLanguage });
	const { errors } = document as { errors?: ProblemItem[] };
	const error = { ...document, ...(errors ? { errors: pointed(errors, index) } : {}) };
	return { index, id, status: problem.code, error };
}

/** Does one operation. Never rejects: what went wrong is in the answer. */
export async function perform(
	doing: Doing,
	operation: BulkOperationShape,
	index: number,
): Promise<BulkResultShape | Failed> {
	const { op, id, patch } = operation;
	const contract = TARGETS[doing.kind].calls[op];
	const endpoint = endpointOf(contract);
	const { caller, commandId, acceptLanguage } = doing;
	// On the embedded store an operation may be done without ever waiting for anything: others are served in between.
	await othersTurn();
	try {
		if (patch === undefined && contract.body !== undefined) throw missingPatch();
		const header = ifMatchHeader(operation);
		const request = { caller, req: { headers: header === undefined ? {} : { "if-match": header } }, method: "PATCH" };
		const invocation = endpoint.prepare(request as never, { id }, [], patch);
		const meta = {
			caller,
			...(commandId === null ? {} : { commandId: `${commandId} ${index}` }),
			...(acceptLanguage === undefined ? {} : { acceptLanguage }),
		};
		const result = await endpoint.invoke(invocation, (params) => doing.call(contract.name, params, meta));
		const version = versionOf(result);
		return { index, id, status: contract.status, ...(version === null ? {} : { version }) };
	} catch (error) {
		return { problem: clientProblem(error) };
	}
}

function missingPatch(): Problem {
	return new Problem(422, "validation_failed", "An update or tag operation needs a patch.", {
		errors: [{ pointer: "", code: "required", message: "This field is required." }],
	});
}
