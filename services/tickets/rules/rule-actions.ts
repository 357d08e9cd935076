import { isDeepStrictEqual } from "node:util";
import type { ActionSchema } from "moleculer";
import type { Conditions } from "../../../contracts/conditions.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	createRule,
	deleteRule,
	dryRunRule,
	getRule,
	listRuleRuns,
	listRules,
	previewRule,
	RULE_LIST,
	RULE_RUN_LIST,
	type RuleRunView,
	type RuleView,
	updateRule,
} from "../../../contracts/rules.ts";
import { newId } from "../../../lib/ids.ts";
import { Problem, type ProblemItem, validationFailed } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { checkVersion, type InTransaction } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Rule } from "../../../models/rule.ts";
import type { RuleRun } from "../../../models/rule-run.ts";
import type { Tickets } from "../tickets-store.ts";
import { dryRun } from "./dry-run.ts";
import { ruleConditionProblems } from "./fields.ts";
import { unknownProblems } from "./named.ts";
import { forgetRule, planRule } from "./plan.ts";
import { preview } from "./preview.ts";
import { MAX_RULES } from "./rule-store.ts";
import {
	actionsProblems,
	cleanActions,
	emptyProblems,
	longForms,
	placedActions,
	triggerProblems,
	warningsOf,
} from "./validate.ts";

export function ruleView(rule: Rule): RuleView {
	const { _id, tenantId: _tenantId, shippedAs: _shippedAs, activeSince: _since, createdAt, updatedAt, ...shown } = rule;
	return {
		id: _id,
		...shown,
		warnings: warningsOf(placedActions(rule.actions, rule.trigger)),
		createdAt: createdAt.toISOString(),
		updatedAt: updatedAt.toISOString(),
	};
}

function runView({ _id, createdAt, level, ...run }: RuleRun): RuleRunView {
	const { ruleId, ruleVersion, ticketId, ticketNumber, trigger, depth, matched, actionResults } = run;
	return {
		...{ id: _id, ruleId, ruleVersion, ticketId, ticketNumber, trigger, depth, matched, actionResults },
		at: createdAt.toISOString(),
		level: level === 0 ? null : level,
	};
}

type Input = Partial<Omit<ParamsOf<typeof createRule>, "ifVersion">>;
type Content = Omit<Rule, "_id" | "tenantId" | "version" | "createdAt" | "updatedAt">;

const bothLists = ({ all = [], any = [] }: Partial<Conditions>): Conditions => ({ all, any });

/** What a request says of actions, in their long forms. */
function longInput({ actions, trigger }: Pick<Input, "actions" | "trigger">): Pick<Input, "actions" | "trigger"> {
	const levels = typeof trigger === "object" ? trigger.levels : undefined;
	const long = levels?.map((level) => ({ ...level, actions: longForms(level.actions) }));
	return {
		...(actions ? { actions: longForms(actions) } : {}),
		...(typeof trigger === "object" && long ? { trigger: { ...trigger, levels: long } } : {}),
	};
}

/** A rule's content with what a request says of it. */
function patched<R extends Content>(before: R, input: Input): R {
	const { name, conditions, actions, trigger, position, ...plain } = input;
	// `null` is what a new rule has.
	const given = Object.entries(plain).map(([field, value]) => [field, value ?? NEW[field as keyof typeof NEW]]);
	return {
		...before,
		...Object.fromEntries(given),
		position: position ?? before.position,
		...(name === undefined ? {} : { name: name.trim() }),
		...(conditions === undefined ? {} : { conditions: bothLists(conditions ?? {}) }),
		...(actions === undefined ? {} : { actions: cleanActions(actions ?? []) }),
		...(trigger === undefined ? {} : { trigger: cleanTrigger(trigger) }),
	};
}

function cleanTrigger(trigger: Rule["trigger"]): Rule["trigger"] {
	if (typeof trigger === "string") return trigger;
	const { levels, clock = "calendar", ...rest } = trigger;
	const clean = levels?.map((level) => ({ ...level, actions: cleanActions(level.actions) }));
	return { ...rest, clock, ...(clean ? { levels: clean } : {}) };
}

/** Throws 422 with everything wrong with what a request says of a rule. */
async function check(ctx: CallContext, tickets: Tickets, input: Input, before: Content | null): Promise<void> {
	const { id: tenantId } = callerOf(ctx).tenant;
	const actions = input.actions === undefined ? (before?.actions ?? []) : (input.actions ?? []);
	const trigger = input.trigger ?? before?.trigger ?? "ticket.created";
	// Only what is said is looked at: what stays may name what has gone since.
	const placed = [
		...(input.actions ? placedActions(input.actions, "ticket.created") : []),
		...(input.trigger ? placedActions([], input.trigger) : []),
	];
	const problems: ProblemItem[] = [
		...triggerProblems(trigger),
		...(input.conditions ? ruleConditionProblems(input.conditions) : []),
		...emptyProblems(actions, trigger),
		...actionsProblems(placed),
		...(await calendarProblems(tickets, tenantId, input.scheduleCalendarId)),
	];
	if (problems.length > 0) throw validationFailed(problems);
	const conditions = input.conditions ? bothLists(input.conditions) : undefined;
	const unknown = await unknownProblems(ctx, tickets, tenantId, { placed, conditions });
	if (unknown.length > 0) throw validationFailed(unknown);
}

async function calendarProblems({ calendars }: Tickets, tenantId: string, id: string | null | undefined) {
	if (!id || (await calendars.get({ tenantId }, id))) return [];
	return [{ pointer: "/scheduleCalendarId", code: "unknown", message: "There is no calendar with this id." }];
}

/** The place behind all rules of a tenant. Throws 409 where there are as many as there can be. */
async function nextPosition({ rules }: Tickets, tenantId: string, tx: InTransaction): Promise<number> {
	const known = await rules.find({ tenantId }, {}, { sort: { position: -1, _id: -1 }, limit: MAX_RULES, tx });
	if (known.length >= MAX_RULES) throw new Problem(409, "conflict", `There can be at most ${MAX_RULES} rules.`);
	return (known[0]?.position ?? 0) + 1;
}

const NEW: Omit<Content, "name" | "trigger" | "position"> = {
	active: true,
	conditions: { all: [], any: [] },
	actions: [],
	stopProcessing: false,
	cooldownSec: 0,
	maxRunsPerTicket: 1,
	scheduleCalendarId: null,
};

/** A commit that writes rules. */
function writing<R>({ store, activeRules }: Tickets, ctx: CallContext, work: (tx: Transaction) => Promise<R>) {
	return activeRules.during(callerOf(ctx).tenant.id, () => store.commit(commandOf(ctx), work));
}

async function create(ctx: CallContext<ParamsOf<typeof createRule>>, tickets: Tickets): Promise<RuleView> {
	const { ifVersion: _ifVersion, ...given } = ctx.params;
	const input = { ...given, ...longInput(given) };
	const { id: tenantId } = callerOf(ctx).tenant;
	await check(ctx, tickets, input, null);
	return writing(tickets, ctx, async (tx) => {
		const position = await nextPosition(tickets, tenantId, tx);
		const content = patched({ ...NEW, name: input.name, trigger: input.trigger, position }, input);
		const rule = await tickets.rules.create(tx, { ...content, _id: newId(), tenantId });
		await planRule(tickets, tx, rule);
		return ruleView(rule);
	});
}

async function update(ctx: CallContext<ParamsOf<typeof updateRule>>, tickets: Tickets): Promise<RuleView> {
	const { id, ifVersion, ...given } = ctx.params;
	const input = { ...given, ...longInput(given) };
	const scope = { tenantId: callerOf(ctx).tenant.id };
	await check(ctx, tickets, input as Input, await tickets.rules.require(scope, id));
	return writing(tickets, ctx, async (tx) => {
		const before = await tickets.rules.require(scope, id, tx);
		checkVersion(before, ifVersion);
		const after = patched(before, input as Input);
		const begins = after.active && (!before.active || !isDeepStrictEqual(after.trigger, before.trigger));
		const rule = await tickets.rules.update(tx, before, begins ? { ...after, activeSince: tx.now } : after);
		if (rule.version !== before.version) await planRule(tickets, tx, rule);
		return ruleView(rule);
	});
}

async function remove(ctx: CallContext<ParamsOf<typeof deleteRule>>, tickets: Tickets): Promise<null> {
	const { id, ifVersion } = ctx.params;
	return writing(tickets, ctx, async (tx) => {
		const rule = await tickets.rules.require({ tenantId: tx.command.tenantId }, id, tx);
		checkVersion(rule, ifVersion);
		await tickets.rules.remove(tx, rule);
		await forgetRule(tickets, tx, rule);
		return null;
	});
}

/** What may be done with rules. */
export function ruleActions(tickets: Tickets): Record<string, ActionSchema> {
	const { rules, ruleRuns } = tickets;
	const scopeOf = (ctx: CallContext) => ({ tenantId: callerOf(ctx).tenant.id });
	return {
		createRule: action(createRule, (ctx) => create(ctx, tickets)),
		listRules: action(listRules, async (ctx) => {
			const page = await rules.list(scopeOf(ctx), RULE_LIST, ctx.params);
			return { ...page, data: page.data.map(ruleView) };
		}),
		getRule: action(getRule, async (ctx) => ruleView(await rules.require(scopeOf(ctx), ctx.params.id))),
		updateRule: action(updateRule, (ctx) => update(ctx, tickets)),
		deleteRule: action(deleteRule, (ctx) => remove(ctx, tickets)),
		dryRunRule: action(dryRunRule, (ctx) => dryRun(ctx, tickets)),
		previewRule: action(previewRule, (ctx) => preview(ctx, tickets)),
		listRuleRuns: action(listRuleRuns, async (ctx) => {
			const { id, ...params } = ctx.params;
			const { tenantId } = scopeOf(ctx);
			await rules.require({ tenantId }, id);
			const page = await ruleRuns.list({ tenantId, filter: { ruleId: id } }, RULE_RUN_LIST, params);
			return { ...page, data: page.data.map(runView) };
		}),
	};
}
