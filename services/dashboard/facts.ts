/*
 * What the dashboard knows, made of events alone. The documents are described where their collections are; everything
 * that computes with them takes their shapes from here.
 */
export type { ArticleCounts, ArticleFacts, HelpCounts, SuggestionFacts } from "../../models/dashboard-article.ts";
export type { CustomerFacts, GroupFacts, PersonFacts } from "../../models/dashboard-person.ts";
export type { TenantFacts } from "../../models/dashboard-tenant.ts";
export type {
	Credit,
	Interval,
	MessageFact,
	Priority,
	Promised,
	Response,
	Solve,
	Status,
	Surveyed,
	TicketFacts,
} from "../../models/dashboard-ticket.ts";
