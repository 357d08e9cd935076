import type { RuleAction, TemplateWarning } from "../../../contracts/rule-actions.ts";
import type { TimeTrigger, Trigger } from "../../../contracts/rules.ts";
import { TICKET_TYPES } from "../../../contracts/tickets-events.ts";
import { canonicalLocale } from "../../../lib/locale.ts";
import { isProblem, type ProblemItem } from "../../../lib/problem.ts";
import { normalizeTags } from "../../../lib/tags.ts";
import { templateWarnings } from "./template.ts";

/*
 * What is wrong with a trigger or with actions beyond what their schemas say: pure, with pointers into the request.
 */

/** Actions with the place where they stand in the request. */
export interface PlacedActions {
	pointer: string;
	actions: readonly RuleAction[];
}

/** Every list of actions of a rule. */
export function placedActions(actions: readonly RuleAction[], trigger: Trigger): PlacedActions[] {
	const levels = typeof trigger === "string" ? [] : (trigger.levels ?? []);
	return [
		{ pointer: "/actions", actions },
		...levels.map((level, index) => ({ pointer: `/trigger/levels/${index}/actions`, actions: level.actions })),
	];
}

/** What is wrong with a time trigger. */
export function triggerProblems(trigger: Trigger): ProblemItem[] {
	return typeof trigger === "string" ? [] : timeProblems(trigger);
}

function timeProblems({ after, level, levels }: TimeTrigger): ProblemItem[] {
	if (!levels)
		return after === undefined
			? [{ pointer: "/trigger/after", code: "required", message: "Say after how many seconds, or name levels." }]
			: [];
	const problems: ProblemItem[] = [];
	const conflict = (name: string) =>
		problems.push({ pointer: `/trigger/${name}`, code: "conflict", message: "With levels, each level says this." });
	if (after !== undefined) conflict("after");
	if (level !== undefined) conflict("level");
	for (const [index, one] of levels.entries()) {
		const before = levels[index - 1];
		if (before && one.after <= before.after)
			problems.push({
				pointer: `/trigger/levels/${index}/after`,
				code: "level_order",
				message: "Each level comes later than the one before it.",
			});
	}
	return problems;
}

/** What is wrong with a rule that does nothing. */
export function emptyProblems(actions: readonly RuleAction[], trigger: Trigger): ProblemItem[] {
	const isEmpty = placedActions(actions, trigger).every((placed) => placed.actions.length === 0);
	return isEmpty ? [{ pointer: "/actions", code: "required", message: "A rule does something." }] : [];
}

const CUSTOM = /^customFields\.[a-z][a-z0-9_]{0,63}$/;
const PLAIN_FIELDS = ["subject", "type", "subStatus", "locale"];
const KEY = /^[a-z][a-z0-9_]{0,63}$/;
const MAX_SUBJECT = 255;

function fieldProblem({
	field,
	value,
}: Extract<RuleAction, { type: "set_field" }>): [name: string, message: string] | null {
	if (CUSTOM.test(field)) return null;
	if (!PLAIN_FIELDS.includes(field)) return ["field", `A rule sets ${PLAIN_FIELDS.join(", ")} or customFields.<key>.`];
	if (field === "type")
		return TICKET_TYPES.some((type) => type === value) ? null : ["value", `One of: ${TICKET_TYPES.join(", ")}.`];
	if (value === null && field !== "subject") return null;
	if (typeof value !== "string" || value.trim() === "") return ["value", "This has to be a text, or null."];
	if (field === "subject")
		return [...value.trim()].length <= MAX_SUBJECT ? null : ["value", `At most ${MAX_SUBJECT} characters.`];
	if (field === "subStatus") return value.length <= 64 ? null : ["value", "At most 64 characters."];
	return canonicalLocale(value) === null ? ["value", "This is no BCP 47 language tag."] : null;
}

/** What is wrong with one action. */
function actionProblems(action: RuleAction, pointer: string, inMacro: boolean): ProblemItem[] {
	const problem = (name: string, code: string, message: string) => [{ pointer: `${pointer}/${name}`, code, message }];
	switch (action.type) {
		case "assign": {
			const { userId, groupId, strategy } = action;
			if (userId === undefined && groupId === undefined && strategy === undefined)
				return problem("userId", "required", "Say whom to assign to: userId, groupId or strategy.");
			if (userId !== undefined && strategy !== undefined)
				return problem("strategy", "conflict", "A strategy chooses the person itself.");
			return [];
		}
		case "notify": {
			const { users, groups, roles, webhookId, email } = action;
			return [users, groups, roles, webhookId, email].every((one) => one === undefined)
				? problem("users", "required", "Say whom to notify: users, groups, roles, webhookId or email.")
				: [];
		}
		case "add_tags":
		case "remove_tags":
			try {
				normalizeTags(action.tags, `${pointer}/tags`);
				return [];
			} catch (error) {
				if (!isProblem(error)) throw error;
				return error.data.errors ?? [];
			}
		case "set_field": {
			const found = fieldProblem(action);
			return found ? problem(found[0], "invalid_value", found[1]) : [];
		}
		case "apply_macro":
			return inMacro ? problem("type", "conflict", "A macro does not apply macros.") : [];
		default:
			return [];
	}
}

/** Everything wrong with actions by themselves. */
export function actionsProblems(placed: readonly PlacedActions[], { inMacro = false } = {}): ProblemItem[] {
	return placed.flatMap(({ pointer, actions }) =>
		actions.flatMap((action, index) => actionProblems(action, `${pointer}/${index}`, inMacro)),
	);
}

/** A warning for each variable of a template that there is not. */
export function warningsOf(placed: readonly PlacedActions[]): TemplateWarning[] {
	return placed.flatMap(({ pointer, actions }) =>
		actions.flatMap((action, index) =>
			"template" in action && action.template !== undefined
				? templateWarnings(action.template, `${pointer}/${index}/template`)
				: [],
		),
	);
}

/** Actions with the short forms that clients may write: a custom field by its key, the supervisor as if a person. */
export function longForms(actions: readonly RuleAction[]): RuleAction[] {
	return actions.map((action): RuleAction => {
		if (action.type === "set_field" && KEY.test(action.field) && !PLAIN_FIELDS.includes(action.field))
			return { ...action, field: `customFields.${action.field}` };
		if (action.type !== "assign" || action.userId !== SUPERVISOR) return action;
		const { userId: _userId, ...rest } = action;
		return { ...rest, strategy: SUPERVISOR };
	});
}

const SUPERVISOR = "supervisor_of_group";

/** Actions as they are kept: tags in their own form. */
export function cleanActions(actions: readonly RuleAction[]): RuleAction[] {
	return actions.map((action) =>
		action.type === "add_tags" || action.type === "remove_tags"
			? { ...action, tags: normalizeTags(action.tags) }
			: action,
	);
}
