import type { TenantCaller } from "../../contracts/caller.ts";
import type { ResultOf } from "../../contracts/contract.ts";
import { fieldRules } from "../../contracts/customers-internal.ts";
import { valueOfText } from "../../lib/field-text.ts";
import type { Condition } from "../../lib/list-query.ts";
import { Problem, validationFailed } from "../../lib/problem.ts";
import type { CallContext } from "../../mixins/action.ts";
import type { Filter } from "../../mixins/keyset.ts";
import type { Ticket } from "../../models/ticket.ts";
import { isDone } from "./lifecycle.ts";
import { askNeighbour } from "./neighbours.ts";

/** What is known of the tenant's custom fields for tickets. */
export type FieldRules = ResultOf<typeof fieldRules>;

/** The tenant's custom fields for tickets; null where the customers service, which keeps them, does not answer. */
export function fieldRulesOf(ctx: CallContext, tenantId: string): Promise<FieldRules | null> {
	return askNeighbour(ctx, fieldRules, { tenantId, target: "ticket" });
}

/** What a ticket must have to get into a status by somebody of staff; null where nothing is asked for. */
export async function rulesForSolving(
	ctx: CallContext,
	{ kind, tenant }: TenantCaller,
	status: Ticket["status"] | undefined,
): Promise<FieldRules | null> {
	if (kind !== "user" || (status !== "solved" && status !== "closed")) return null;
	return fieldRulesOf(ctx, tenant.id);
}

/** Everything that a text may stand for, where nobody says which type its field has. */
function guesses(text: string): unknown[] {
	const number = text.trim() === "" ? Number.NaN : Number(text);
	return [
		text,
		...(Number.isFinite(number) ? [number] : []),
		...(text === "true" || text === "false" ? [text === "true"] : []),
	];
}

/** The values that the texts of a condition mean. */
function meant(rules: FieldRules | null, key: string, given: unknown): unknown[] {
	const rule = rules?.find((candidate) => candidate.key === key);
	if (rules && !rule) throw new Problem(400, "unknown_parameter", `There is no custom field ${key} to filter by.`);
	return [given].flat().flatMap((value) => {
		if (typeof value !== "string") return [value];
		return rule ? [valueOfText(rule, value)] : guesses(value);
	});
}

function filterOf(rules: FieldRules | null, key: string, operator: string, given: unknown): Filter {
	const path = `customFields.${key}`;
	if (operator === "exists") return { [path]: given ? { $ne: null } : { $eq: null } };
	const values = meant(rules, key, given);
	switch (operator) {
		case "eq":
		case "in":
			return { [path]: { $in: values } };
		case "ne":
		case "nin":
			return { [path]: { $nin: values } };
		default:
			// Numbers are only compared with numbers and texts with texts, so the last guess is the best one.
			return { [path]: { [`$${operator}`]: values.at(-1) } };
	}
}

/**
 * The filters that conditions on custom fields mean, each value in its field's own type. Where `rules` are not known,
 * a text is found as whatever it can be read as.
 * @throws 400 for a field that is not defined, or a value that it cannot have
 */
export function customFieldFilters(rules: FieldRules | null, conditions: Record<string, Condition>): Filter[] {
	return Object.entries(conditions).flatMap(([key, condition]) =>
		Object.entries(condition).map(([operator, given]) => filterOf(rules, key, operator, given)),
	);
}

const isEmpty = (value: unknown) => value === undefined || value === "" || (Array.isArray(value) && value.length === 0);

/** @throws 422 with a pointer for each required field that a ticket would lack once somebody of staff has solved it */
export function refuseIncomplete(
	rules: FieldRules | null,
	ticket: Pick<Ticket, "status" | "customFields">,
	values: Ticket["customFields"] = ticket.customFields,
): void {
	if (rules === null || isDone(ticket)) return;
	const missing = rules.filter(({ key, required, archived }) => required && !archived && isEmpty(values[key]));
	if (missing.length === 0) return;
	throw validationFailed(
		missing.map(({ key }) => ({
			pointer: `/customFields/${key}`,
			code: "required",
			message: "This field is required to solve a ticket.",
		})),
	);
}
