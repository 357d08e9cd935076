import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import {
	answerSurvey,
	answerTicketSurvey,
	getSurvey,
	getTicketSurvey,
	type SurveyViewShape,
	type TicketSurveyShape,
} from "../../../contracts/surveys.ts";
import { csatSubmitted } from "../../../contracts/tickets-events.ts";
import { notFound, Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { type Command, commandOf, type Transaction } from "../../../mixins/store.ts";
import { type CsatResponse, csatResponseModel } from "../../../models/csat-response.ts";
import type { Ticket } from "../../../models/ticket.ts";
import { demand, readerOf } from "../access.ts";
import { scopeOf, ticketFor } from "../reach.ts";
import { saveRevision } from "../save.ts";
import { snapshotOf } from "../snapshot.ts";
import type { Tickets } from "../tickets-store.ts";
import { isLinkTo, surveyIdOf, surveyUrl } from "./survey-link.ts";
import { newestSurvey } from "./survey-step.ts";

const isOpen = ({ endedAt, expiresAt }: CsatResponse, now: Date) => endedAt === null && now < expiresAt;

/** @throws 410 where no answer is taken any more */
function mustBeOpen(survey: CsatResponse, now: Date): void {
	if (!isOpen(survey, now))
		throw new Problem(410, "gone", "This is not asked any more: the time is over, or the ticket was opened again.");
}

const answered = ({ rating, comment, answeredAt }: CsatResponse) => ({
	rating,
	comment,
	at: answeredAt?.toISOString() ?? null,
});

function surveyView(survey: CsatResponse, { number, subject }: Ticket): SurveyViewShape {
	const { requestedAt, expiresAt } = survey;
	return {
		ticket: { number, subject },
		requestedAt: requestedAt.toISOString(),
		expiresAt: expiresAt.toISOString(),
		...answered(survey),
	};
}

const NOBODY_ASKED = { requestedAt: null, expiresAt: null, open: false, rating: null, comment: null, at: null };

function ticketSurveyView(
	{ store }: Tickets,
	caller: TenantCaller,
	survey: CsatResponse | null,
	now: Date,
): TicketSurveyShape {
	const writes = caller.kind === "service" || caller.role === "owner" || caller.role === "admin";
	const open = survey !== null && isOpen(survey, now);
	const asked = survey && {
		requestedAt: survey.requestedAt.toISOString(),
		expiresAt: survey.expiresAt.toISOString(),
		open,
		...answered(survey),
	};
	return {
		...(asked ?? NOBODY_ASKED),
		...(caller.kind === "customer" ? {} : { agentId: survey?.agentId ?? null, groupId: survey?.groupId ?? null }),
		...(caller.kind !== "customer" && writes ? { surveyUrl: open ? surveyUrl(store, survey) : null } : {}),
	};
}

interface Given {
	rating: number;
	comment?: string | null;
}

/** Writes an answer with the ticket that shows it; the same answer again changes nothing. */
async function answer(
	tickets: Tickets,
	tx: Transaction,
	survey: CsatResponse,
	ticket: Ticket,
	{ rating, comment }: Given,
	via: NonNullable<CsatResponse["via"]>,
): Promise<CsatResponse> {
	mustBeOpen(survey, tx.now);
	const text = comment === undefined ? survey.comment : comment?.trim() || null;
	if (survey.rating === rating && survey.comment === text) return survey;
	const { rating: previousRating, agentId, groupId, requestedAt } = survey;
	const after = { ...survey, rating, comment: text, answeredAt: tx.now, via };
	const saved = await tickets.surveys.update(tx, survey, after);
	const shown = await saveRevision(tickets, tx, {
		before: ticket,
		next: { ...ticket, csat: { rating, comment: text, at: tx.now } },
		action: "csat.submitted",
		// Not what was said: the history is for more eyes, and longer.
		changes: [{ field: "csat", from: previousRating, to: rating }],
	});
	await tx.emit(csatSubmitted, shown, {
		ticket: snapshotOf(shown),
		at: tx.now.toISOString(),
		requestedAt: requestedAt.toISOString(),
		rating,
		previousRating,
		hasComment: text !== null,
		agentId,
		groupId,
	});
	return saved;
}

/** The survey of a link. Throws 404 for one that is none, or whose tenant nobody may enter. */
async function surveyOf(tickets: Tickets, token: string): Promise<CsatResponse> {
	const { store, copies } = tickets;
	const survey = await store.model(csatResponseModel).findById(surveyIdOf(token)).lean<CsatResponse>();
	if (!survey || !isLinkTo(store, survey, token)) throw notFound("survey");
	const tenant = await copies.tenants.byId(survey.tenantId, survey.tenantId);
	if (tenant && tenant.status !== "active") throw notFound("survey");
	return survey;
}

/** The ticket that a survey is about. Throws 404 where it was deleted. */
async function ticketOf(tickets: Tickets, { tenantId, ticketId }: CsatResponse, tx?: Transaction): Promise<Ticket> {
	const ticket = await tickets.tickets.get({ tenantId }, ticketId, tx);
	if (!ticket || ticket.deletedAt !== null) throw notFound("survey");
	return ticket;
}

/** Whoever opens the link is taken for the customer, whoever else may be signed in there. */
function asCustomer(ctx: CallContext, { tenantId }: CsatResponse, { customerId }: Ticket): Command {
	return { ...commandOf(ctx, tenantId), actor: { type: "customer", id: customerId, name: "" } };
}

async function byLink(ctx: CallContext<ParamsOf<typeof answerSurvey>>, tickets: Tickets): Promise<SurveyViewShape> {
	const { token, ...given } = ctx.params;
	const found = await surveyOf(tickets, token);
	const command = asCustomer(ctx, found, await ticketOf(tickets, found));
	const work = async (tx: Transaction) => {
		const survey = await tickets.surveys.require({ tenantId: found.tenantId }, found._id, tx);
		const ticket = await ticketOf(tickets, survey, tx);
		return surveyView(await answer(tickets, tx, survey, ticket, given, "link"), ticket);
	};
	return tickets.turns.run(found.ticketId, () => tickets.store.commit(command, work));
}

async function byRequester(
	ctx: CallContext<ParamsOf<typeof answerTicketSurvey>>,
	tickets: Tickets,
): Promise<TicketSurveyShape> {
	const { id, ...given } = ctx.params;
	const caller = callerOf(ctx);
	const scope = await scopeOf(ctx, tickets);
	const via = caller.kind === "service" ? "service" : "customer";
	const work = async (tx: Transaction) => {
		const ticket = await ticketFor(tickets, scope, readerOf(caller), id, { tx });
		const own = caller.kind === "customer" && ticket.customerId === caller.id;
		demand(own || caller.kind === "service", "Only the requester says how it went.");
		demand(may(caller, "tickets.survey"), "This needs the permission tickets.survey.");
		const survey = await newestSurvey(tickets, ticket, tx);
		if (!survey) throw new Problem(409, "conflict", "Nobody has asked how it went.");
		return ticketSurveyView(tickets, caller, await answer(tickets, tx, survey, ticket, given, via), tx.now);
	};
	return tickets.turns.run(id, () => tickets.store.commit(commandOf(ctx), work));
}

/** Asking customers how it went, and their answers. */
export function surveyActions(tickets: Tickets): Record<string, ActionSchema> {
	const now = () => tickets.runtime.clock.now();
	return {
		getSurvey: action(getSurvey, async (ctx) => {
			const survey = await surveyOf(tickets, ctx.params.token);
			const ticket = await ticketOf(tickets, survey);
			mustBeOpen(survey, now());
			return surveyView(survey, ticket);
		}),
		answerSurvey: action(answerSurvey, (ctx) => byLink(ctx, tickets)),
		getTicketSurvey: action(getTicketSurvey, async (ctx) => {
			const caller = callerOf(ctx);
			const ticket = await ticketFor(tickets, await scopeOf(ctx, tickets), readerOf(caller), ctx.params.id);
			return ticketSurveyView(tickets, caller, await newestSurvey(tickets, ticket), now());
		}),
		answerTicketSurvey: action(answerTicketSurvey, (ctx) => byRequester(ctx, tickets)),
	};
}
