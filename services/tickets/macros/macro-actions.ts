import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	applyMacro,
	createMacro,
	deleteMacro,
	getMacro,
	listMacros,
	MACRO_LIST,
	type MacroView,
	updateMacro,
} from "../../../contracts/macros.ts";
import { newId } from "../../../lib/ids.ts";
import { forbidden, invalidField, Problem, validationFailed } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { checkVersion } from "../../../mixins/repository.ts";
import { commandOf } from "../../../mixins/store.ts";
import type { Macro } from "../../../models/macro.ts";
import { groupById, nothingLearned } from "../neighbours.ts";
import { unknownProblems } from "../rules/named.ts";
import { MAX_RULES, rulesWithMacro } from "../rules/rule-store.ts";
import { actionsProblems, cleanActions, longForms, type PlacedActions, warningsOf } from "../rules/validate.ts";
import type { Tickets } from "../tickets-store.ts";
import { apply } from "./apply-macro.ts";
import { isMacroLead, macroScope } from "./macro-scope.ts";

const placed = (actions: Macro["actions"]): PlacedActions[] => [{ pointer: "/actions", actions }];

function macroView(macro: Macro): MacroView {
	const { _id, tenantId: _tenantId, sortName: _sortName, createdAt, updatedAt, ...shown } = macro;
	return {
		id: _id,
		...shown,
		warnings: warningsOf(placed(macro.actions)),
		createdAt: createdAt.toISOString(),
		updatedAt: updatedAt.toISOString(),
	};
}

type Input = Partial<Omit<ParamsOf<typeof createMacro>, "ifVersion">>;
type Content = Omit<Macro, "_id" | "tenantId" | "version" | "createdAt" | "updatedAt">;

const NEW: Content = {
	...{
		name: "",
		sortName: "",
		description: null,
		scope: "shared",
		groupIds: [],
		ownerId: null,
		active: true,
		actions: [],
	},
};

function patched<M extends Content>(before: M, input: Input, caller: TenantCaller): M {
	const { name, actions, ...plain } = input;
	const after: M = {
		...before,
		...plain,
		...(name === undefined ? {} : { name: name.trim(), sortName: name.trim().normalize("NFC").toLowerCase() }),
		...(actions === undefined ? {} : { actions: cleanActions(actions) }),
	};
	if (after.scope === "groups" && after.groupIds.length === 0)
		throw invalidField("/groupIds", "Name the groups that the macro is for.", "required");
	if (after.scope !== "groups" && (input.groupIds?.length ?? 0) > 0)
		throw invalidField("/groupIds", "Only a macro of the scope groups has groups.", "conflict");
	const groupIds = after.scope === "groups" ? after.groupIds : [];
	const ownerId = after.scope === "personal" ? (before.ownerId ?? caller.id) : null;
	return { ...after, groupIds, ownerId };
}

/** Throws 403 for a macro of others than the caller alone, unless the caller answers for those. */
function demandScope(caller: TenantCaller, { scope, ownerId }: Pick<Macro, "scope" | "ownerId">): void {
	if (isMacroLead(caller) || (scope === "personal" && ownerId === caller.id)) return;
	throw forbidden("Agents make and change personal macros only.");
}

async function check(ctx: CallContext, tickets: Tickets, { actions, groupIds }: Input): Promise<void> {
	const { id: tenantId } = callerOf(ctx).tenant;
	const list = actions ? placed(actions) : [];
	const problems = actionsProblems(list, { inMacro: true });
	if (problems.length > 0) throw validationFailed(problems);
	const unknown = await unknownProblems(ctx, tickets, tenantId, { placed: list });
	if (unknown.length > 0) throw validationFailed(unknown);
	for (const [index, id] of (groupIds ?? []).entries()) {
		const group = await groupById(ctx, tickets, tenantId, id, nothingLearned()).catch(() => null);
		if (!group) throw invalidField(`/groupIds/${index}`, "There is no group with this id.", "unknown");
	}
}

async function create(ctx: CallContext<ParamsOf<typeof createMacro>>, tickets: Tickets): Promise<MacroView> {
	const { ifVersion: _ifVersion, ...given } = ctx.params;
	const input = { ...given, actions: longForms(given.actions) };
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	const content = patched({ ...NEW, scope: isMacroLead(caller) ? "shared" : "personal" }, input, caller);
	demandScope(caller, content);
	await check(ctx, tickets, input);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const known = await tickets.macros.find({ tenantId }, {}, { limit: MAX_RULES, tx });
		if (known.length >= MAX_RULES) throw new Problem(409, "conflict", `There can be at most ${MAX_RULES} macros.`);
		return macroView(await tickets.macros.create(tx, { ...content, _id: newId(), tenantId }));
	});
}

async function update(ctx: CallContext<ParamsOf<typeof updateMacro>>, tickets: Tickets): Promise<MacroView> {
	const { id, ifVersion, ...given } = ctx.params;
	const input = given.actions ? { ...given, actions: longForms(given.actions) } : given;
	const caller = callerOf(ctx);
	const scope = macroScope(caller);
	demandScope(caller, await tickets.macros.require(scope, id));
	await check(ctx, tickets, input as Input);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const before = await tickets.macros.require(scope, id, tx);
		checkVersion(before, ifVersion);
		const after = patched(before, input as Input, caller);
		demandScope(caller, after);
		return macroView(await tickets.macros.update(tx, before, after));
	});
}

async function remove(ctx: CallContext<ParamsOf<typeof deleteMacro>>, tickets: Tickets): Promise<null> {
	const { id, ifVersion } = ctx.params;
	const caller = callerOf(ctx);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const macro = await tickets.macros.require(macroScope(caller), id, tx);
		demandScope(caller, macro);
		checkVersion(macro, ifVersion);
		const users = await rulesWithMacro(tickets, macro.tenantId, id, tx);
		if (users.length > 0)
			throw new Problem(409, "macro_in_use", `The rule ${users[0]?.name} applies this macro.`, {
				extra: { usedBy: users },
			});
		await tickets.macros.remove(tx, macro);
		return null;
	});
}

/** What may be done with macros. */
export function macroActions(tickets: Tickets): Record<string, ActionSchema> {
	const { macros } = tickets;
	return {
		createMacro: action(createMacro, (ctx) => create(ctx, tickets)),
		listMacros: action(listMacros, async (ctx) => {
			const page = await macros.list(macroScope(callerOf(ctx)), MACRO_LIST, ctx.params);
			return { ...page, data: page.data.map(macroView) };
		}),
		getMacro: action(getMacro, async (ctx) =>
			macroView(await macros.require(macroScope(callerOf(ctx)), ctx.params.id)),
		),
		updateMacro: action(updateMacro, (ctx) => update(ctx, tickets)),
		deleteMacro: action(deleteMacro, (ctx) => remove(ctx, tickets)),
		applyMacro: action(applyMacro, (ctx) => apply(ctx, tickets)),
	};
}
