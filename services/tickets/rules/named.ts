import type { Conditions } from "../../../contracts/conditions.ts";
import { groupsByIds, peopleByIds } from "../../../contracts/identity-internal.ts";
import { type RuleAction, TICKET_PEOPLE } from "../../../contracts/rule-actions.ts";
import { isProblem, type ProblemItem } from "../../../lib/problem.ts";
import type { CallContext } from "../../../mixins/action.ts";
import { cleanCustomFields } from "../input.ts";
import { askNeighbour, unavailable } from "../neighbours.ts";
import type { Tickets } from "../tickets-store.ts";
import type { PlacedActions } from "./validate.ts";

/*
 * Whether what rules and macros name is there: people, groups, macros, values of custom fields.
 */

type Kind = "user" | "group" | "macro";

interface Named {
	kind: Kind;
	id: string;
	pointer: string;
}

const WORDS: readonly string[] = TICKET_PEOPLE;

function namedBy(action: RuleAction, pointer: string): Named[] {
	const one = (kind: Kind, id: string | undefined, name: string) =>
		id === undefined ? [] : [{ kind, id, pointer: `${pointer}/${name}` }];
	const many = (kind: Kind, ids: readonly string[] | undefined, name: string) =>
		(ids ?? []).flatMap((id, index) => (WORDS.includes(id) ? [] : one(kind, id, `${name}/${index}`)));
	switch (action.type) {
		case "assign":
			return [...one("user", action.userId, "userId"), ...one("group", action.groupId, "groupId")];
		case "add_follower":
			return one("user", action.userId, "userId");
		case "notify":
			return [...many("user", action.users, "users"), ...many("group", action.groups, "groups")];
		case "apply_macro":
			return one("macro", action.macroId, "macroId");
		default:
			return [];
	}
}

const CONDITION_KINDS: Record<string, Kind> = { groupId: "group", assigneeId: "user" };
const NONE = "none";

function namedByConditions(conditions: Conditions): Named[] {
	return (["all", "any"] as const).flatMap((list) =>
		conditions[list].flatMap(({ field, value }, index) => {
			const kind = CONDITION_KINDS[field.replace(/^changed(?:From|To)\((\w+)\)$/, "$1")];
			if (!kind) return [];
			const pointer = `/conditions/${list}/${index}/value`;
			if (typeof value === "string") return value === NONE ? [] : [{ kind, id: value, pointer }];
			return (Array.isArray(value) ? value : []).flatMap((id, place) =>
				typeof id === "string" && id !== NONE ? [{ kind, id, pointer: `${pointer}/${place}` }] : [],
			);
		}),
	);
}

const WHAT: Record<Kind, string> = {
	user: "There is nobody of staff with this id.",
	group: "There is no group with this id.",
	macro: "There is no macro with this id.",
};

/** At most so many ids are asked for at a time. */
const AT_ONCE = 100;

async function known(
	ctx: CallContext,
	tickets: Tickets,
	tenantId: string,
	kind: Kind,
	ids: string[],
): Promise<Set<string>> {
	const found = new Set<string>();
	for (let start = 0; start < ids.length; start += AT_ONCE) {
		const some = ids.slice(start, start + AT_ONCE);
		if (kind === "macro") {
			const macros = await tickets.macros.find({ tenantId }, { _id: { $in: some } }, { limit: AT_ONCE });
			for (const { _id } of macros) found.add(_id);
			continue;
		}
		const asked = { tenantId, ids: some };
		const answer: { id: string }[] | null =
			kind === "user" ? await askNeighbour(ctx, peopleByIds, asked) : await askNeighbour(ctx, groupsByIds, asked);
		if (!answer) throw unavailable("identity");
		for (const { id } of answer) found.add(id);
	}
	return found;
}

/** What is named and not there. Throws 503 where identity does not answer. */
export async function unknownProblems(
	ctx: CallContext,
	tickets: Tickets,
	tenantId: string,
	{ placed, conditions }: { placed: readonly PlacedActions[]; conditions?: Conditions | undefined },
): Promise<ProblemItem[]> {
	const named = [
		...placed.flatMap(({ pointer, actions }) =>
			actions.flatMap((action, index) => namedBy(action, `${pointer}/${index}`)),
		),
		...(conditions ? namedByConditions(conditions) : []),
	];
	const problems: ProblemItem[] = [];
	for (const kind of ["user", "group", "macro"] as const) {
		const mine = named.filter((one) => one.kind === kind);
		if (mine.length === 0) continue;
		const found = await known(ctx, tickets, tenantId, kind, [...new Set(mine.map(({ id }) => id))]);
		for (const { id, pointer } of mine)
			if (!found.has(id)) problems.push({ pointer, code: "unknown", message: WHAT[kind] });
	}
	return [...problems, ...(await customFieldProblems(ctx, tenantId, placed))];
}

const CUSTOM = "customFields.";

/** What is wrong with values that are to be set in custom fields, by the tenant's definitions. */
async function customFieldProblems(
	ctx: CallContext,
	tenantId: string,
	placed: readonly PlacedActions[],
): Promise<ProblemItem[]> {
	const problems: ProblemItem[] = [];
	for (const { pointer, actions } of placed)
		for (const [index, action] of actions.entries()) {
			if (action.type !== "set_field" || !action.field.startsWith(CUSTOM)) continue;
			const values = { [action.field.slice(CUSTOM.length)]: action.value };
			try {
				await cleanCustomFields(ctx, tenantId, values);
			} catch (error) {
				if (!isProblem(error) || error.code !== 422) throw error;
				const place = `${pointer}/${index}/${error.type === "unknown_field" ? "field" : "value"}`;
				problems.push({ pointer: place, code: error.data.errors?.[0]?.code ?? "invalid", message: error.message });
			}
		}
	return problems;
}
