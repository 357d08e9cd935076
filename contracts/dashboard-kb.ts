import { Type } from "typebox";
import { defineAction, strict } from "./contract.ts";
import { Asked, RANGE_SAYS, RangeQuery } from "./dashboard-views.ts";
import { Id, Nullable } from "./fields.ts";

const Votes = {
	views: Type.Integer(),
	helpful: Type.Integer(),
	notHelpful: Type.Integer(),
	/** helpful / (helpful + notHelpful); null without votes */
	helpfulRate: Nullable(Type.Number()),
};

export const getKnowledgeBaseNumbers = defineAction({
	name: "dashboard.getKnowledgeBase",
	access: "dashboard.read",
	rest: "GET /dashboard/kb",
	summary: "How the knowledge base is used and what it spares",
	description:
		"`views`, `helpful`, `notHelpful` and `searches` are counted by the quarter of an hour (UTC) that begins in the range; " +
		"votes are differences: one that was changed or withdrawn takes back what it gave, so that a range can be below 0. " +
		"`helpfulRate` is helpful / (helpful + notHelpful), null without votes. `zeroSearches` found nothing, " +
		"`zeroSearchRate` is their share. `deflection` tells what became of suggested articles, as it was told last: " +
		"`solved` without a ticket, `notHelpful`, `ticketCreated`; `rate` is solved / all of them, null where none was told. " +
		"`articles` are the rows behind the numbers: every article with any of them in the range, the most viewed first, at " +
		`most \`limit\`; \`others\` is the sum of those left out, so that rows and \`others\` add up to the totals. ${RANGE_SAYS}`,
	query: strict({
		...RangeQuery,
		limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1000 })),
	}),
	result: Type.Object({
		...Asked,
		...Votes,
		searches: Type.Integer(),
		zeroSearches: Type.Integer(),
		zeroSearchRate: Nullable(Type.Number()),
		deflection: Type.Object({
			solved: Type.Integer(),
			notHelpful: Type.Integer(),
			ticketCreated: Type.Integer(),
			rate: Nullable(Type.Number()),
		}),
		articles: Type.Array(
			Type.Object({ articleId: Id, title: Nullable(Type.String()), ...Votes, deflected: Type.Integer() }),
		),
		others: Type.Object({ articles: Type.Integer(), ...Votes, deflected: Type.Integer() }),
		publishedArticles: Type.Integer(),
	}),
});
