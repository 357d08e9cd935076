import { isDeepStrictEqual } from "node:util";
import type { ActionSchema } from "moleculer";
import type { ParamsOf } from "../../../contracts/contract.ts";
import { type ExplainedInstance, getTicketSla, type TicketSlaView, waiveSla } from "../../../contracts/ticket-sla.ts";
import type { TicketViewShape } from "../../../contracts/tickets-views.ts";
import { Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { commandOf } from "../../../mixins/store.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { SlaInstance, TicketSla } from "../../../models/ticket-sla.ts";
import { demand, readerOf } from "../access.ts";
import { scopeOf, ticketFor } from "../reach.ts";
import { referencesOf } from "../references.ts";
import { saveRevision } from "../save.ts";
import type { Tickets } from "../tickets-store.ts";
import { ticketView } from "../views.ts";
import { replay } from "./clocks.ts";
import { factsOf, WAIVED } from "./history.ts";
import type { Terms } from "./promise-calculation.ts";
import { advance, instanceOf, isEnded } from "./promise-states.ts";
import { explained, instanceView, slaView } from "./view.ts";

/** Clocks in a form that can be compared: without the instant of the newest fact, which a remark moves too. */
function comparable(sla: TicketSla): unknown {
	const { asOf: _asOf, ...rest } = sla;
	return JSON.parse(JSON.stringify(rest));
}

/** A ticket's clocks calculated from its history; what is stored has to be the same, and where it is not that is noted. */
async function recalculated(ctx: CallContext, tickets: Tickets, ticket: Ticket, now: Date, past: SlaInstance[]) {
	const { sla: stored = null } = ticket;
	const sla = replay(await factsOf(tickets, ticket), now, past);
	if (stored && !(sla && isDeepStrictEqual(comparable(advance(stored, now)), comparable(sla)))) {
		tickets.runtime.metrics.count("sla_drift_total", {});
		const shown = { stored: JSON.stringify(stored), calculated: JSON.stringify(sla) };
		ctx.service?.logger.error(
			{ ticketId: ticket._id, ...shown },
			"the clocks of a ticket are not what its history says",
		);
	}
	return stored ? sla : null;
}

const NO_POLICY = {
	...{ policyId: null, policyName: null, policyVersion: null, calendarId: null },
	...{ state: "none" as const, nextBreachAt: null, nextMetric: null, metrics: {} },
};

/** The id of the terms by which a promise was reckoned: its own if it has ended, those of the ticket while it runs. */
type TermsFor = (one: SlaInstance) => Terms | null;

async function show(ctx: CallContext<ParamsOf<typeof getTicketSla>>, tickets: Tickets): Promise<TicketSlaView> {
	const { id, explain = false } = ctx.params;
	const reader = readerOf(callerOf(ctx));
	demand(!reader.customer, "What was promised to customers is shown to staff only.");
	const ticket = await ticketFor(tickets, await scopeOf(ctx, tickets), reader, id);
	const now = tickets.runtime.clock.now();
	const past: SlaInstance[] = [];
	const sla = await recalculated(ctx, tickets, ticket, now, past);
	const termsFor = await termsOfAll(tickets, ticket.tenantId, sla, past);
	const shown = slaView(sla, sla && (await tickets.terms.byId(ticket.tenantId, sla.termsId)), now) ?? NO_POLICY;
	const explainedOf = (one: SlaInstance): ExplainedInstance => ({
		...instanceView(one, termsFor(one), now),
		...(explain ? { segments: explained(one, termsFor(one), now) } : {}),
	});
	const metrics = Object.keys(shown.metrics).map((metric) => {
		const one = sla && instanceOf(advance(sla, now), metric as SlaInstance["metric"]);
		return [metric, one && explainedOf(one)];
	});
	return {
		...shown,
		metrics: Object.fromEntries(metrics),
		earlier: past.filter(({ targetSec }) => targetSec !== null).map(explainedOf),
	};
}

/** The terms of every promise, by what it says of them. */
async function termsOfAll(
	tickets: Tickets,
	tenantId: string,
	sla: TicketSla | null,
	past: readonly SlaInstance[],
): Promise<TermsFor> {
	const all = [...(sla?.instances ?? []), ...past];
	const idOf = (one: SlaInstance) => (isEnded(one) ? one.termsId : (sla?.termsId ?? null));
	const found = await tickets.terms.byIds(tenantId, all.map(idOf));
	return (one) => found.get(idOf(one) ?? "") ?? null;
}

function waive(ctx: CallContext<ParamsOf<typeof waiveSla>>, tickets: Tickets): Promise<TicketViewShape> {
	const { id, ifVersion, metric } = ctx.params;
	const reason = ctx.params.reason.trim();
	const caller = callerOf(ctx);
	const reader = readerOf(caller);
	return tickets.turns.run(id, async () => {
		const scope = await scopeOf(ctx, tickets);
		return tickets.store.commit(commandOf(ctx), async (tx) => {
			const before = await ticketFor(tickets, scope, reader, id, { ifVersion, tx });
			const one = before.sla ? instanceOf(advance(before.sla, tx.now), metric) : undefined;
			if (!one || one.breachedAt === null || one.targetSec === null)
				throw new Problem(409, "conflict", "Only a broken promise can be forgiven.");
			if (one.waivedAt) throw new Problem(409, "conflict", "This has been forgiven already.");
			const changes = [
				{ field: `sla.${metric}`, from: "breached", to: "waived" },
				{ field: "reason", from: null, to: reason },
			];
			const happened = { type: "sla_waived", metric, reason } as const;
			const next = { ...before };
			const ticket = await saveRevision(tickets, tx, { before, next, action: WAIVED, changes, happened });
			return ticketView(ticket, await referencesOf(ctx, tickets, caller.tenant.id, [ticket], [], tx), reader);
		});
	});
}

/** What can be asked of one ticket's promises. */
export function slaActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		getSla: action(getTicketSla, (ctx) => show(ctx, tickets)),
		waiveSla: action(waiveSla, (ctx) => waive(ctx, tickets)),
	};
}
