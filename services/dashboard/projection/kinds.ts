import type { DomainEvent } from "../../../lib/event-log.ts";
import { type ActivityRow, dashboardActivityModel } from "../../../models/dashboard-activity.ts";
import {
	dashboardArticleCountsModel,
	dashboardArticleModel,
	dashboardHelpCountsModel,
	dashboardSuggestionModel,
} from "../../../models/dashboard-article.ts";
import { dashboardCustomerModel, dashboardGroupModel, dashboardPersonModel } from "../../../models/dashboard-person.ts";
import { dashboardTicketModel } from "../../../models/dashboard-ticket.ts";
import type { Model } from "../../../models/model.ts";
import type {
	ArticleCounts,
	ArticleFacts,
	CustomerFacts,
	GroupFacts,
	HelpCounts,
	PersonFacts,
	SuggestionFacts,
	TicketFacts,
} from "../facts.ts";
import { activityRow } from "./activity-rows.ts";
import {
	applyArticleEvent,
	applySuggestionEvent,
	articleCountsId,
	countForArticle,
	countForHelp,
	helpCountsId,
} from "./article-facts.ts";
import { applyCustomerEvent, applyGroupEvent, applyPersonEvent } from "./people-facts.ts";
import { applyTicketEvent } from "./ticket-facts.ts";

/** What every document of the read models has. */
export interface Fact {
	_id: string;
	tenantId: string;
	rev: number;
}

/** One kind of document: which events change which of them, and how. */
export interface Kind<T extends Fact = Fact> {
	model: Model<T>;
	/** the document that an event changes; null for one that changes none of this kind */
	idOf(event: DomainEvent): string | null;
	/** the document after an event; the same object or null where it tells nothing new */
	apply(before: T | null, event: DomainEvent): T | null;
}

const subjectId = (event: DomainEvent) => event.subject.slice(event.subject.indexOf("/") + 1);

/** The subject's id where the event is of one of these families, such as `ticket.`. */
const ofFamilies =
	(...families: string[]) =>
	(event: DomainEvent) =>
		families.some((family) => event.type.startsWith(family)) ? subjectId(event) : null;

const ARTICLE_COUNTED = ["article.viewed", "article.voted"];
const ARTICLE_EVENTS = ["created", "updated", "published", "unpublished", "archived", "deleted"];
const CUSTOMER_EVENTS = ["created", "updated", "deleted", "restored", "merged", "erased"];

export const ticketKind: Kind<TicketFacts> = {
	model: dashboardTicketModel,
	idOf: (event) =>
		event.subject.startsWith("ticket/") ? ofFamilies("ticket.", "message.", "sla.", "csat.")(event) : null,
	apply: applyTicketEvent,
};
const personKind: Kind<PersonFacts> = {
	model: dashboardPersonModel,
	idOf: ofFamilies("user."),
	apply: applyPersonEvent,
};
const groupKind: Kind<GroupFacts> = {
	model: dashboardGroupModel,
	idOf: ofFamilies("group."),
	apply: applyGroupEvent,
};
const customerKind: Kind<CustomerFacts> = {
	model: dashboardCustomerModel,
	idOf: (event) => (CUSTOMER_EVENTS.some((what) => event.type === `customer.${what}`) ? subjectId(event) : null),
	apply: applyCustomerEvent,
};
const articleKind: Kind<ArticleFacts> = {
	model: dashboardArticleModel,
	idOf: (event) => (ARTICLE_EVENTS.some((what) => event.type === `article.${what}`) ? subjectId(event) : null),
	apply: applyArticleEvent,
};
const articleCountsKind: Kind<ArticleCounts> = {
	model: dashboardArticleCountsModel,
	idOf: (event) => (ARTICLE_COUNTED.includes(event.type) ? articleCountsId(event) : null),
	apply: countForArticle,
};
const helpCountsKind: Kind<HelpCounts> = {
	model: dashboardHelpCountsModel,
	idOf: (event) => (event.type === "kb.searched" ? helpCountsId(event) : null),
	apply: countForHelp,
};
const suggestionKind: Kind<SuggestionFacts> = {
	model: dashboardSuggestionModel,
	idOf: (event) => (event.type === "kb.deflected" ? subjectId(event) : null),
	apply: applySuggestionEvent,
};
export const activityKind: Kind<ActivityRow> = {
	model: dashboardActivityModel,
	idOf: (event) => (activityRow(event) ? event.id : null),
	apply: (before, event) => before ?? activityRow(event),
};

/** Every kind of document but the tenants' own rows. */
export const KINDS = [
	ticketKind,
	personKind,
	groupKind,
	customerKind,
	articleKind,
	articleCountsKind,
	helpCountsKind,
	suggestionKind,
	activityKind,
] as unknown as readonly Kind[];

/** What the dashboard listens to. */
export const EVENT_TYPES = [
	...["tenant.*", "user.*", "group.*", "customer.*", "ticket.*", "message.*", "sla.*", "csat.*"],
	...["article.*", "kb.*"],
] as const;
