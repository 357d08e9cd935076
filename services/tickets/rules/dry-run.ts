import { mustBeAllowed } from "../../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import type { dryRunRule } from "../../../contracts/rules.ts";
import { type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Rule } from "../../../models/rule.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { scopeOf } from "../reach.ts";
import { settingsOf } from "../settings.ts";
import type { Tickets } from "../tickets-store.ts";
import { perform } from "./actions.ts";
import { explain, ruleHolds, valuesOn } from "./evaluate.ts";
import { evaluatedOn, type Trigger } from "./occasion.ts";
import { dueAt } from "./plan.ts";
import { blockedBy, contextFor, doerOf } from "./run.ts";
import { orTakenBack, takeBack } from "./taken-back.ts";
import { isTimeRule, metricOf, stepsOf } from "./time.ts";
import { Work } from "./work.ts";

type Result = ResultOf<typeof dryRunRule>;

/** As if what the rule waits for happened now: with the ticket's last change and its last public message. */
function triggerFor({ trigger }: Rule, ticket: Ticket): Trigger {
	const isTime = typeof trigger !== "string";
	return {
		type: isTime ? "time" : trigger,
		version: isTime ? null : ticket.version,
		messageId: isTime ? null : ticket.lastPublicMessageId,
		metric: isTime ? metricOf(trigger.since) : null,
		rating: null,
	};
}

async function tried(tickets: Tickets, tx: Transaction, rule: Rule, ticket: Ticket): Promise<Result> {
	const trigger = triggerFor(rule, ticket);
	const ask = valuesOn(await evaluatedOn(tickets, tx, ticket, trigger));
	const matched = ruleHolds(rule.conditions, ask);
	const steps = isTimeRule(rule) ? stepsOf(rule) : [{ level: 0, after: 0, actions: rule.actions }];
	const [first] = steps;
	const blocked = first ? await blockedBy(tickets, tx, rule, ticket._id, first.level) : null;
	const settings = await settingsOf(tickets, ticket.tenantId, tx);
	const work = new Work(tickets, tx, ticket, doerOf(rule, settings), settings);
	const context = await contextFor(tickets, tx, rule, trigger);
	const actions = matched
		? await perform(
				work,
				steps.flatMap((step) => [...step.actions]),
				context,
			)
		: [];
	const due = isTimeRule(rule) && first ? await dueAt(tickets, tx, ticket, rule, first) : null;
	return {
		...{ ruleId: rule._id, ticketId: ticket._id, matched, wouldRun: matched && blocked === null },
		...{ blockedBy: blocked, conditions: explain(rule.conditions, ask), actions, dueAt: due?.toISOString() ?? null },
	};
}

/** What a rule would do to a ticket: done in a transaction that is taken back. */
export async function dryRun(ctx: CallContext<ParamsOf<typeof dryRunRule>>, tickets: Tickets): Promise<Result> {
	const { id, ticketId } = ctx.params;
	const caller = callerOf(ctx);
	mustBeAllowed(caller, "tickets.read");
	const { tenant } = caller;
	const rule = await tickets.rules.require({ tenantId: tenant.id }, id);
	const scope = await scopeOf(ctx, tickets);
	const trying = tickets.store.commit({ ...commandOf(ctx), id: null }, async (tx): Promise<Result> => {
		const ticket = await tickets.tickets.require(scope, ticketId, tx);
		return takeBack(await tried(tickets, tx, rule, ticket));
	});
	return orTakenBack(trying);
}
