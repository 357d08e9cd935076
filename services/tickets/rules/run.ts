import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ActionResult, RuleAction } from "../../../contracts/rule-actions.ts";
import type { TenantSettings } from "../../../contracts/tenant-settings.ts";
import { ticketEscalated } from "../../../contracts/tickets-events.ts";
import { newId } from "../../../lib/ids.ts";
import type { InTransaction } from "../../../mixins/repository.ts";
import type { Transaction } from "../../../mixins/store.ts";
import type { Rule } from "../../../models/rule.ts";
import { type RuleRun, ruleRunModel } from "../../../models/rule-run.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { SYSTEM_AUTHOR } from "../authorship.ts";
import { saveRevision } from "../save.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Tickets } from "../tickets-store.ts";
import { type ActionContext, perform } from "./actions.ts";
import { ruleHolds, valuesOn } from "./evaluate.ts";
import { evaluatedOn, type Trigger } from "./occasion.ts";
import { saveWork } from "./save-work.ts";
import { opensAt } from "./schedule.ts";
import { type Doer, Work } from "./work.ts";

/*
 * One rule on one ticket, in one transaction: whether it holds, what it does, and that it ran.
 */

/** So many rules may follow one another. */
export const MAX_DEPTH = 5;

/** The audit row of a chain that was cut. */
export const LOOP_CUT = "rule_loop_cut";

/** What a rule is asked to run for. */
export interface RunRequest {
	rule: Rule;
	trigger: Trigger;
	/** names the event or instant: a rule runs once for it */
	occasion: string;
	level: number;
	/** the level of escalation that it raises a ticket to; 0 for none */
	raisesTo: number;
	actions: readonly RuleAction[];
	/** how many rules follow one another with this one */
	depth: number;
	/** why it escalates, for the event */
	reason: string;
}

export type RunOutcome = "ran" | "not_matched" | "exhausted" | "cut";

/** A rule as one who acts on tickets: the system, which may all. */
export function doerOf(rule: Rule, settings: TenantSettings): Doer {
	const tenant = { id: rule.tenantId, settings };
	const caller = {
		...{ kind: "system", id: "tickets", name: "tickets", email: null, role: null, groupIds: [], scopes: [] },
		...{ credentialId: null, tenant },
	} as unknown as TenantCaller;
	return { caller, author: SYSTEM_AUTHOR, rule: { id: rule._id, name: rule.name } };
}

/** Why a rule that holds does not run on a ticket all the same, or null. */
export async function blockedBy(
	{ ruleRuns, store }: Tickets,
	tx: InTransaction,
	rule: Pick<Rule, "_id" | "tenantId" | "maxRunsPerTicket" | "cooldownSec">,
	ticketId: string,
	level: number,
): Promise<"max_runs" | "cooldown" | null> {
	const { tenantId, maxRunsPerTicket, cooldownSec } = rule;
	const runs = { ruleId: rule._id, ticketId, level };
	const [last] = await ruleRuns.find({ tenantId }, runs, { sort: { createdAt: -1, _id: -1 }, limit: 1, tx });
	if (!last) return null;
	const count = await store
		.model(ruleRunModel)
		.countDocuments({ tenantId, ...runs } as never, { limit: maxRunsPerTicket, session: tx.session });
	if (count >= maxRunsPerTicket) return "max_runs";
	const again = last.createdAt.getTime() + cooldownSec * 1000;
	return cooldownSec > 0 && tx.now.getTime() < again ? "cooldown" : null;
}

/** What the actions of a rule need to know. */
export async function contextFor(
	tickets: Tickets,
	tx: InTransaction,
	rule: Rule,
	trigger: Trigger,
): Promise<ActionContext> {
	return {
		tellAt: await opensAt(tickets, tx, rule),
		metric: trigger.metric,
		macro: async (id) => {
			const macro = await tickets.macros.get({ tenantId: rule.tenantId }, id, tx);
			return macro?.active ? macro.actions : null;
		},
	};
}

/** Whether this rule has run for this already, and what it said of later ones. */
export async function earlierRun(
	{ ruleRuns }: Tickets,
	rule: Rule,
	ticketId: string,
	occasion: string,
	tx?: InTransaction,
): Promise<RuleRun | null> {
	const named = { ticketId, ruleId: rule._id, occasion };
	const [run] = await ruleRuns.find({ tenantId: rule.tenantId }, named, { limit: 1, ...(tx ? { tx } : {}) });
	return run ?? null;
}

/** Runs a rule on a ticket, where it holds and has not run for this yet. */
export async function runRule(
	tickets: Tickets,
	tx: Transaction,
	before: Ticket,
	request: RunRequest,
	settings: TenantSettings,
): Promise<RunOutcome> {
	const { rule, trigger, occasion, level, depth } = request;
	if (await earlierRun(tickets, rule, before._id, occasion, tx)) return "ran";
	const ask = valuesOn(await evaluatedOn(tickets, tx, before, trigger));
	if (!ruleHolds(rule.conditions, ask)) return "not_matched";
	if ((await blockedBy(tickets, tx, rule, before._id, level)) !== null) return "exhausted";
	if (depth > MAX_DEPTH) {
		await cutLoop(tickets, tx, before, rule);
		return "cut";
	}
	const runId = newId();
	const actionResults = await act(tickets, tx.because(runId), before, runId, request, settings);
	await tickets.ruleRuns.create(tx, {
		...{ _id: runId, tenantId: rule.tenantId, ruleId: rule._id, ruleVersion: rule.version },
		...{ ticketId: before._id, ticketNumber: before.number, occasion, trigger: trigger.type, level, depth },
		...{ matched: true, stopped: rule.stopProcessing, actionResults: actionResults.map(withoutOldValues) },
	});
	return "ran";
}

/** Fields that may hold personal data. */
const PERSONAL = /^(customFields|subStatus|subject)/;

/** What is kept of a result: what such a field held before is the ticket's history, where it is erased with a person. */
function withoutOldValues(result: ActionResult): ActionResult {
	const { changes } = result;
	if (!changes) return result;
	const kept = changes.map((one) => (PERSONAL.test(one.field) ? { ...one, from: null } : one));
	return { ...result, changes: kept };
}

async function act(
	tickets: Tickets,
	tx: Transaction,
	before: Ticket,
	runId: string,
	{ rule, trigger, raisesTo, actions, reason }: RunRequest,
	settings: TenantSettings,
): Promise<ActionResult[]> {
	const work = new Work(tickets, tx, before, doerOf(rule, settings), settings);
	const results = await perform(work, actions, await contextFor(tickets, tx, rule, trigger));
	const raised = raise(work, raisesTo);
	const cause = { type: "rule", id: rule._id } as const;
	const saved = await saveWork(work, before, { action: "rule.ran", cause, key: runId, metric: trigger.metric });
	if (raised) {
		const at = tx.now.toISOString();
		await tx.emit(ticketEscalated, saved, { ticket: snapshotOf(saved), at, level: raisesTo, ruleId: rule._id, reason });
	}
	return results;
}

/** Raises a ticket that is not done to a level; one that is there already, or higher, stays. */
function raise(work: Work, level: number): boolean {
	const { ticket, tx } = work;
	const from = ticket.escalationLevel ?? 0;
	if (level <= from || ticket.status === "solved" || ticket.status === "closed") return false;
	work.mark({ escalationLevel: level, escalatedAt: tx.now }, [{ field: "escalationLevel", from, to: level }]);
	return true;
}

/** Notes that a chain of rules ends here, before this one. */
async function cutLoop(tickets: Tickets, tx: Transaction, before: Ticket, rule: Rule): Promise<void> {
	const changes = [{ field: "rule", from: null, to: rule.name }];
	const cause = { type: "rule", id: rule._id } as const;
	await saveRevision(tickets, tx, { before, next: { ...before }, action: LOOP_CUT, changes, cause });
}
