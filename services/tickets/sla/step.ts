import { isDeepStrictEqual } from "node:util";
import type { Transaction } from "../../../mixins/store.ts";
import type { SlaPolicy } from "../../../models/sla-policy.ts";
import type { Ticket } from "../../../models/ticket.ts";
import type { Change } from "../../../models/ticket-audit.ts";
import { SLA_STATES, type TicketSla } from "../../../models/ticket-sla.ts";
import { usesFields } from "../conditions.ts";
import type { Step, Stepping } from "../steps.ts";
import { ticketValues } from "../ticket-values.ts";
import type { Tickets } from "../tickets-store.ts";
import { replay, type SlaFact, withFact } from "./clocks.ts";
import { emitClockEvents, emitPolicyApplied } from "./emit.ts";
import { factsOf, isStaff, TERMS_FIELD } from "./history.ts";
import { policyFor } from "./policy-rules.ts";
import { policiesOf } from "./policy-store.ts";
import type { Terms } from "./promise-calculation.ts";
import { advance, nextMoment, overallState } from "./promise-states.ts";
import { termsOf } from "./terms.ts";
import { referenceOf } from "./terms-book.ts";
import { keepSlaTimer } from "./timer.ts";
import { turnsOf } from "./turns.ts";

/*
 * The clocks of a ticket go along with every write of it: the commit becomes a fact, the fact changes the clocks, and what
 * that changes is told of and timed in the same transaction.
 */

/** What of a ticket decides which policy holds for it; the first that changed is named as the reason. */
const MATCHED = ["priority", "groupId", "companyId", "type", "channel", "tags", "customFields", "locale"] as const;

const REASONS: Record<(typeof MATCHED)[number] | "customerId", string> = {
	...{ priority: "priority", groupId: "group", companyId: "company", customerId: "customer", type: "type" },
	...{ channel: "channel", tags: "tags", customFields: "custom_fields", locale: "locale" },
};

/** Why the policy has to be looked for again, or null where it stays. */
function reasonToMatch({ before, next, happened }: Stepping): string | null {
	if (before === null) return "created";
	if (next.status === "closed" || next.deletedAt !== null) return null;
	if (happened.type === "sla_rematch") return happened.reason;
	const changed = [...MATCHED, "customerId" as const].find((field) => !isDeepStrictEqual(before[field], next[field]));
	return changed ? REASONS[changed] : null;
}

async function matchingPolicy(tickets: Tickets, tx: Transaction, ticket: Ticket): Promise<SlaPolicy | null> {
	const policies = await policiesOf(tickets, ticket.tenantId, tx);
	if (policies.length === 0) return null;
	const asked = policies.some(({ conditions }) => usesFields(conditions).includes("customerTags"));
	const customer = asked ? await tickets.copies.customers.byId(ticket.tenantId, ticket.customerId, tx) : undefined;
	return policyFor(policies, ticketValues(ticket, customer?.tags ?? []), ticket.createdAt);
}

/** The terms that hold from now on, where they may have changed. */
async function newTerms(stepping: Stepping, held: Terms | null): Promise<SlaFact["terms"]> {
	const { tickets, tx, before, next } = stepping;
	if (reasonToMatch(stepping) === null) return undefined;
	const policy = await matchingPolicy(tickets, tx, next);
	const terms = policy ? await termsOf(tickets, tx, policy, next.groupId) : null;
	const same = before !== null && terms?.id === held?.id && before.priority === next.priority;
	return same ? undefined : { terms, priority: next.priority };
}

/** Whose word it was, or of whom it is known from now on that they wait. */
function authorOf({ happened, before, next }: Stepping): "customer" | "agent" | undefined {
	if (happened.type === "customer_message") return "customer";
	if (happened.type === "agent_reply") return happened.automatic ? undefined : "agent";
	const came = happened.type === "changed" && before?.waitingSince === null && next.waitingSince !== null;
	return came ? "customer" : undefined;
}

/** What this commit is to the clocks; null where they do not care. */
function factOf(stepping: Stepping, terms: SlaFact["terms"]): SlaFact | null {
	const { tx, before, next, happened, at } = stepping;
	const message = authorOf(stepping);
	const wasDeleted = (before?.deletedAt ?? null) !== null;
	const isDeleted = next.deletedAt !== null;
	const merged = before !== null && before.mergedIntoId === null && next.mergedIntoId !== null;
	const what = {
		...(happened.type === "opened" ? { opened: { first: happened.first } } : {}),
		...(message ? { message } : {}),
		...(happened.type === "no_reply_needed" ? { noReplyNeeded: true } : {}),
		...(before?.status === next.status ? {} : { status: next.status }),
		...(merged || happened.type === "merged" ? { merged: true } : {}),
		...(wasDeleted === isDeleted ? {} : { deleted: isDeleted }),
		...(terms ? { terms } : {}),
		...(happened.type === "sla_waived" ? { waived: happened.metric } : {}),
	};
	if (Object.keys(what).length === 0) return null;
	return { at, byAgent: isStaff(tx.command.actor.type) && message !== "customer", ...what };
}

/** Whether a fact is told of so late that the clocks went on without it. */
function isLate({ at }: SlaFact, sla: TicketSla): boolean {
	return (
		at < sla.asOf ||
		sla.instances.some(
			({ breachedAt, atRiskEventAt }) =>
				(breachedAt !== null && breachedAt >= at) || (atRiskEventAt !== null && atRiskEventAt > at),
		)
	);
}

/** The clocks after a commit. A fact of the past, and one of a ticket of early versions, needs the whole history. */
async function clocksAfter(stepping: Stepping, fact: SlaFact, held: Terms | null): Promise<TicketSla | null> {
	const { tickets, tx, before, next } = stepping;
	const known = before?.sla ?? null;
	if (before !== null && (known === null || isLate(fact, known)))
		return replay([...(await factsOf(tickets, next, tx)), fact], fact.at);
	return withFact(known, fact, held, before?.priority ?? next.priority);
}

const referenceTo = (terms: Terms | null) => (terms ? referenceOf(terms) : null);

function changesOf(fact: SlaFact | null, held: Terms | null): Change[] {
	if (!fact?.terms || fact.terms.terms?.id === held?.id) return [];
	return [{ field: TERMS_FIELD, from: referenceTo(held), to: referenceTo(fact.terms.terms) }];
}

/** Lets a ticket's clocks go along with a write of it. */
export const keepClocks: Step = async (stepping) => {
	const { tickets, tx, before, next, at } = stepping;
	const known = before?.sla ?? null;
	const held = known ? await tickets.terms.byId(next.tenantId, known.termsId, tx) : null;
	const fact = factOf(stepping, await newTerms(stepping, held));
	const sla = fact ? await clocksAfter(stepping, fact, held) : known && advance(known, at);
	if (!sla || sla === known) return {};
	const slaRank = SLA_STATES.indexOf(overallState(sla, at));
	return {
		fields: { sla, slaRank },
		changes: [...changesOf(fact, held), ...(stepping.happened.type === "sla_time" ? [] : turnsOf(known, sla))],
		async after(saved) {
			const reason = reasonToMatch(stepping);
			if (fact?.terms && reason !== null && (held !== null || fact.terms.terms !== null))
				await emitPolicyApplied(tx, saved, { old: held?.policyId ?? null, new: sla.policyId, at, reason });
			const terms = fact?.terms ? fact.terms.terms : held;
			await emitClockEvents(tx, saved, known, sla, { at, terms, reason: reasonOf(stepping) });
			await keepSlaTimer(tickets, tx, saved, known && nextMoment(known), at);
		},
	};
};

const reasonOf = ({ happened }: Stepping) => (happened.type === "sla_waived" ? happened.reason : "");
