import type { ActionSchema } from "moleculer";
import type { TenantCaller } from "../../../contracts/caller.ts";
import type { ResultOf } from "../../../contracts/contract.ts";
import { recordSuggestion, suggestionOutcome } from "../../../contracts/knowledge-base-engagement.ts";
import { kbDeflected } from "../../../contracts/knowledge-base-events.ts";
import { invalidField, notFound } from "../../../lib/problem.ts";
import { action, callerOf } from "../../../mixins/action.ts";
import { commandOf } from "../../../mixins/store.ts";
import type { KbSuggestion, SuggestionOutcome } from "../../../models/kb-suggestion.ts";
import { countKbDay } from "./day-counters.ts";
import { dayOf } from "./days.ts";
import type { Engagement } from "./engagement-store.ts";

/** How long a suggestion waits for what becomes of it, ms; what was counted stays. */
const KEEP_MS = 90 * 24 * 3600 * 1000;

/** Whom a suggestion is for: nobody in particular where nobody signed in, or where a program asks for its people. */
function personOf(caller: TenantCaller): string | null {
	return caller.kind === "user" ? `u:${caller.id}` : caller.kind === "customer" ? `c:${caller.id}` : null;
}

const COUNTER = { solved: "solved", not_helpful: "notHelpful", ticket_created: "ticketCreated" } as const;

/** What moves when one outcome becomes another. */
export function outcomeMoves(before: SuggestionOutcome | null, after: SuggestionOutcome): Record<string, number> {
	if (before === after) return {};
	return { ...(before ? { [COUNTER[before]]: -1 } : {}), [COUNTER[after]]: 1 };
}

function outcomeView(suggestion: KbSuggestion): ResultOf<typeof suggestionOutcome> {
	return {
		suggestionId: suggestion._id,
		outcome: suggestion.outcome as SuggestionOutcome,
		articleId: suggestion.articleId,
		ticketDraftId: suggestion.ticketDraftId,
		at: (suggestion.outcomeAt ?? suggestion.updatedAt).toISOString(),
	};
}

export function suggestionActions(from: Engagement): Record<string, ActionSchema> {
	const { store, suggestions, turns } = from;
	return {
		recordSuggestion: action(recordSuggestion, async (ctx) => {
			const caller = callerOf(ctx);
			const { id: tenantId, timeZone } = caller.tenant;
			const { suggestionId, articleIds, locale } = ctx.params;
			return turns.run(suggestionId, () =>
				store.commit(commandOf(ctx), async (tx) => {
					if (await suggestions.get({ tenantId }, suggestionId, tx)) return null;
					const day = dayOf(tx.now, timeZone);
					await suggestions.create(tx, {
						_id: suggestionId,
						tenantId,
						articleIds: [...new Set(articleIds)],
						locale,
						madeFor: personOf(caller),
						day,
						outcome: null,
						outcomeAt: null,
						articleId: null,
						ticketDraftId: null,
						expiresAt: new Date(tx.now.getTime() + KEEP_MS),
					});
					await countKbDay(from, tx, { tenantId, locale, day }, { suggestions: 1 });
					return null;
				}),
			);
		}),
		suggestionOutcome: action(suggestionOutcome, async (ctx) => {
			const caller = callerOf(ctx);
			const { tenant } = caller;
			const { id, outcome, articleId = null, ticketDraftId = null } = ctx.params;
			return turns.run(id, () =>
				store.commit(commandOf(ctx), async (tx) => {
					const before = await suggestions.require({ tenantId: tenant.id }, id, tx);
					if (before.madeFor !== null && before.madeFor !== personOf(caller)) throw notFound("suggestion");
					if (articleId !== null && !before.articleIds.includes(articleId))
						throw invalidField("/articleId", "This article was not among those suggested.", "not_suggested");
					const told = { outcome, articleId, ticketDraftId };
					const same = before.outcome === outcome && before.articleId === articleId;
					if (same && before.ticketDraftId === ticketDraftId) return outcomeView(before);
					const after = await suggestions.update(tx, before, { ...before, ...told, outcomeAt: tx.now });
					const moves = outcomeMoves(before.outcome, outcome);
					if (Object.keys(moves).length > 0) await countKbDay(from, tx, before, moves);
					await tx.emit(kbDeflected, after, told);
					return outcomeView(after);
				}),
			);
		}),
	};
}
