import type { ParamsOf, ResultOf } from "../../../contracts/contract.ts";
import type { applyMacro } from "../../../contracts/macros.ts";
import { Problem } from "../../../lib/problem.ts";
import { type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { Macro } from "../../../models/macro.ts";
import { type Reader, readerOf } from "../access.ts";
import { actorOfCaller, authorOf } from "../authorship.ts";
import { keepLearned, nothingLearned } from "../neighbours.ts";
import { scopeOf, ticketFor } from "../reach.ts";
import { referencesOf } from "../references.ts";
import { perform } from "../rules/actions.ts";
import { merged, saveWork } from "../rules/save-work.ts";
import { orTakenBack, takeBack } from "../rules/taken-back.ts";
import { type Doer, Work } from "../rules/work.ts";
import type { Tickets } from "../tickets-store.ts";
import { ticketView } from "../views.ts";
import { macroScope } from "./macro-scope.ts";

type Result = ResultOf<typeof applyMacro>;

async function applied(
	ctx: CallContext<ParamsOf<typeof applyMacro>>,
	tickets: Tickets,
	tx: Transaction,
	macro: Macro,
	{ doer, reader }: { doer: Doer; reader: Reader },
): Promise<Result> {
	const { id, ifVersion, preview = false } = ctx.params;
	const before = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id, { ifVersion, tx });
	const work = new Work(tickets, tx, before, doer, doer.caller.tenant.settings);
	const actionResults = await perform(work, macro.actions, { tellAt: null, metric: null, macro: async () => null });
	if (merged(work.outcome.changes).length > 0) work.mark({}, [{ field: "macro", from: null, to: macro._id }]);
	const cause = { type: "user", id: doer.caller.id } as const;
	const ticket = await saveWork(work, before, { action: "macro.applied", cause, key: macro._id, metric: null });
	const references = await referencesOf(ctx, tickets, ticket.tenantId, [ticket], [], tx);
	const result = { ticket: ticketView(ticket, references, reader), actionResults };
	return preview ? takeBack(result) : result;
}

/** Does the actions of a macro as the caller, all or none; a preview is taken back. */
export async function apply(ctx: CallContext<ParamsOf<typeof applyMacro>>, tickets: Tickets): Promise<Result> {
	const { id, macroId } = ctx.params;
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	const seen = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id);
	const macro = await tickets.macros.require(macroScope(caller), macroId);
	if (!macro.active) throw new Problem(409, "macro_inactive", "The macro is switched off.");
	const learned = nothingLearned();
	const author = await authorOf(ctx, tickets, {}, seen.customerId, learned);
	const doer: Doer = { caller, author: { ...author, actor: actorOfCaller(caller) }, rule: null };
	const command = ctx.params.preview ? { ...commandOf(ctx), id: null } : commandOf(ctx);
	const work = async (tx: Transaction) => {
		await keepLearned(tickets, tx, learned);
		return applied(ctx, tickets, tx, macro, { doer, reader });
	};
	return orTakenBack(tickets.turns.run(id, () => tickets.store.commit(command, work)));
}
