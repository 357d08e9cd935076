import { mustBeAllowed } from "../../../contracts/caller.ts";
import type { Condition, Conditions } from "../../../contracts/conditions.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import type { previewRule } from "../../../contracts/rules.ts";
import { EVERYBODY } from "../../../contracts/ticket-audience.ts";
import { validationFailed } from "../../../lib/problem.ts";
import { type CallContext, callerOf } from "../../../mixins/action.ts";
import { STATUS_ORDER, type Ticket } from "../../../models/ticket.ts";
import type { Tickets } from "../tickets-store.ts";
import { ruleHolds, valuesOn } from "./evaluate.ts";
import { asksForOccasion, ruleConditionProblems } from "./fields.ts";
import { slaSummary } from "./occasion.ts";

/** So many tickets are looked at, and so many at a time. */
const MAX_EXAMINED = 10_000;
const CHUNK = 500;
const SAMPLE = 5;

const NOTHING_HAPPENED = { changes: [], message: null, metric: null, rating: null };

/** The statuses that the conditions leave; null where none of them asks for the status. */
export function statusesLeft({ all, any }: Conditions): string[] | null {
	if (![...all, ...any].some(({ field }) => field === "status")) return null;
	const ofStatus = all.filter(({ field }) => field === "status");
	const holding = (status: string) =>
		ruleHolds({ all: ofStatus, any: [] }, (field) => (field === "status" ? status : undefined));
	return STATUS_ORDER.filter(holding);
}

/** The tickets to look at, the newest first, a part at a time. */
async function* newestFirst({ tickets }: Tickets, tenantId: string): AsyncGenerator<Ticket[]> {
	let behind: Record<string, unknown> = {};
	for (;;) {
		const found = await tickets.find({ tenantId, filter: { audience: EVERYBODY } }, behind, {
			sort: { createdAt: -1, _id: -1 },
			limit: CHUNK,
		});
		if (found.length > 0) yield found;
		const last = found.at(-1);
		if (!last || found.length < CHUNK) return;
		const { createdAt, _id } = last;
		behind = { $or: [{ createdAt: { $lt: createdAt } }, { createdAt, _id: { $lt: _id } }] };
	}
}

/** How many tickets match conditions now. */
export async function preview(
	ctx: CallContext<ParamsOf<typeof previewRule>>,
	tickets: Tickets,
): Promise<ResultOf<typeof previewRule>> {
	const { all = [], any = [] } = ctx.params.conditions;
	const problems = ruleConditionProblems({ all, any });
	if (problems.length > 0) throw validationFailed(problems);
	const caller = callerOf(ctx);
	mustBeAllowed(caller, "tickets.read");
	const { id: tenantId } = caller.tenant;
	const lasting = (conditions: readonly Condition[]) => conditions.filter((one) => !asksForOccasion(one));
	const conditions = { all: lasting(all), any: lasting(any) };
	const ignored = (["all", "any"] as const).flatMap((list) =>
		({ all, any })[list].flatMap((one, index) => (asksForOccasion(one) ? [`/conditions/${list}/${index}`] : [])),
	);
	const statuses = statusesLeft(conditions) ?? STATUS_ORDER.filter((status) => status !== "closed");
	const occasion = { ...NOTHING_HAPPENED, now: tickets.runtime.clock.now() };
	const result = { count: 0, exact: true, examined: 0, sample: [] as ResultOf<typeof previewRule>["sample"], ignored };
	for await (const found of newestFirst(tickets, tenantId)) {
		const customers = await tickets.copies.customers.byIds(
			tenantId,
			found.map(({ customerId }) => customerId),
		);
		for (const ticket of found) {
			if (result.examined === MAX_EXAMINED) return { ...result, exact: false };
			result.examined += 1;
			if (!statuses.includes(ticket.status)) continue;
			const customerTags = customers.get(ticket.customerId)?.tags ?? [];
			const ask = valuesOn({ ticket, customerTags, sla: slaSummary(ticket, occasion.now), occasion });
			if (!ruleHolds(conditions, ask)) continue;
			result.count += 1;
			if (result.sample.length < SAMPLE)
				result.sample.push({ id: ticket._id, number: ticket.number, subject: ticket.subject });
		}
	}
	return result;
}
