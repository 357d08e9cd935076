import { type Static, Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable } from "./fields.ts";

const Rating = Type.Integer({ minimum: 1, maximum: 5 });
const ByToken = strict({ token: Type.String({ pattern: "^[A-Za-z0-9_-]{54}$" }) });

/** A customer's answer. An absent comment leaves the one that was given before, null takes it back. */
const Answer = strict({
	rating: Rating,
	comment: Type.Optional(Nullable(Type.String({ maxLength: 2000 }))),
});

const Answered = {
	/** 1 (bad) to 5 (good); null while nobody has answered */
	rating: Nullable(Rating),
	comment: Nullable(Type.String()),
	/** when it was answered last */
	at: Nullable(Instant),
};

/** What whoever holds the link is asked and has answered. */
export const SurveyView = Type.Object({
	ticket: Type.Object({ number: Type.Integer(), subject: Type.String() }),
	requestedAt: Instant,
	/** until when an answer is taken and can be changed */
	expiresAt: Instant,
	...Answered,
});
export type SurveyViewShape = Static<typeof SurveyView>;

/** How it stands with the survey of a ticket. */
export const TicketSurveyView = Type.Object({
	/** null where nobody was asked yet */
	requestedAt: Nullable(Instant),
	expiresAt: Nullable(Instant),
	/** whether an answer is taken now */
	open: Type.Boolean(),
	...Answered,
	// for staff and integrations only
	/** who was responsible when the ticket was solved */
	agentId: Type.Optional(Nullable(Id)),
	groupId: Type.Optional(Nullable(Id)),
	/** for owners, admins and integrations only: whoever has it can answer */
	surveyUrl: Type.Optional(Nullable(Type.String())),
});
export type TicketSurveyShape = Static<typeof TicketSurveyView>;

export const getSurvey = defineAction({
	name: "tickets.getSurvey",
	access: "public",
	rest: "GET /csat/:token",
	summary: "What the holder of a survey's link is asked",
	description: "410 once the time to answer is over or the ticket was opened again.",
	path: ByToken,
	result: SurveyView,
});

export const answerSurvey = defineAction({
	name: "tickets.answerSurvey",
	access: "public",
	rest: "POST /csat/:token",
	summary: "Answer a survey by its link",
	description: "There is one answer, which can be changed until `expiresAt`; 410 after that.",
	path: ByToken,
	body: Answer,
	result: SurveyView,
});

const ById = strict({ id: Id });

export const getTicketSurvey = defineAction({
	name: "tickets.getTicketSurvey",
	access: "tickets.read",
	rest: "GET /tickets/:id/csat",
	summary: "The satisfaction survey of a ticket",
	description:
		"A customer is asked each time its ticket is solved (event `csat.requested`), unless the tenant's setting " +
		"`csatEnabled` is off, the customer is blocked, or the ticket has the tag `spam` or went up in another one. An answer " +
		"is taken within `csatWindowSec`, also once the ticket is closed; a ticket that is opened again ends the request. " +
		"`surveyUrl` is for whoever writes to the customer.",
	path: ById,
	result: TicketSurveyView,
});

export const answerTicketSurvey = defineAction({
	name: "tickets.answerTicketSurvey",
	access: "tickets.read",
	rest: "POST /tickets/:id/csat",
	summary: "Say how it went, as the requester",
	description:
		"For the requester, and for integrations with `tickets.survey` that record what the requester said elsewhere; staff " +
		"cannot rate itself. 409 `conflict` where nobody asked, 410 once the time is over.",
	path: ById,
	body: Answer,
	result: TicketSurveyView,
});

/** Every action on satisfaction surveys that a client can call. */
export const surveysContracts = [getSurvey, answerSurvey, getTicketSurvey, answerTicketSurvey];
