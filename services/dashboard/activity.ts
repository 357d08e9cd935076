import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../contracts/caller.ts";
import { type ActivityShape, listActivity } from "../../contracts/dashboard-activity.ts";
import type { Permission } from "../../contracts/permissions.ts";
import type { Condition, ListParams } from "../../lib/list-query.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import type { Repository } from "../../mixins/repository.ts";
import { type ActivityRow, dashboardActivityModel } from "../../models/dashboard-activity.ts";
import { dashboardArticleModel } from "../../models/dashboard-article.ts";
import { dashboardCustomerModel, dashboardPersonModel } from "../../models/dashboard-person.ts";
import { dashboardTicketModel } from "../../models/dashboard-ticket.ts";
import type { Entity, Model } from "../../models/model.ts";
import type { Dashboard } from "./dashboard-store.ts";
import { echo } from "./inquiry.ts";
import { ACTIVITY_TYPES, about } from "./projection/activity-rows.ts";
import { namesHidden, ticketFeedWords } from "./scope.ts";

/** What rows can be about beside tickets, and the permission to read all of it: unpublished articles are for writers. */
const READ_BY = {
	customer: "customers.read",
	user: "users.read",
	article: "kb.write",
	"kb-suggestion": "kb.write",
} as const satisfies Record<string, Permission>;

/** The condition on a row's words by which somebody finds what it may also read elsewhere. */
export function feedScope(caller: TenantCaller): { $in: string[] } {
	const others = Object.entries(READ_BY).filter(([, permission]) => may(caller, permission));
	return { $in: [...ticketFeedWords(caller), ...others.map(([family]) => about(family))] };
}

type Names = ReadonlyMap<string, string | null>;

/** What rows are about, looked up when they are read. */
interface Looked {
	/** by subject, and `user/<id>` or `customer/<id>` of actors */
	names: Names;
	/** numbers of tickets by id */
	numbers: ReadonlyMap<string, number>;
}

const idsOf = (references: readonly string[], family: string) => [
	...new Set(references.filter((one) => one.startsWith(`${family}/`)).map((one) => one.slice(family.length + 1))),
];

async function lookUp({ store }: Dashboard, tenantId: string, rows: readonly ActivityRow[]): Promise<Looked> {
	const references = rows.flatMap(({ subject, actorType, actorId }) => [subject, `${actorType}/${actorId}`]);
	const find = async <T extends { _id: string }>(model: Model<T>, family: string, fields: string): Promise<T[]> => {
		const ids = idsOf(references, family);
		if (ids.length === 0) return [];
		return store
			.model(model)
			.find({ _id: { $in: ids }, tenantId } as never)
			.select(fields)
			.lean<T[]>();
	};
	const [tickets, people, customers, articles] = await Promise.all([
		find(dashboardTicketModel, "ticket", "number subject"),
		find(dashboardPersonModel, "user", "name"),
		find(dashboardCustomerModel, "customer", "name deleted"),
		find(dashboardArticleModel, "article", "titles defaultLocale deleted"),
	]);
	const names = new Map<string, string | null>([
		...tickets.map((one) => [`ticket/${one._id}`, one.subject] as const),
		...people.map((one) => [`user/${one._id}`, one.name] as const),
		...customers.filter(({ deleted }) => !deleted).map((one) => [`customer/${one._id}`, one.name] as const),
		...articles.filter(({ deleted }) => !deleted).map((one) => [`article/${one._id}`, titleOf(one)] as const),
	]);
	return { names, numbers: new Map(tickets.map((one) => [one._id, one.number])) };
}

function titleOf({ titles, defaultLocale }: { titles: Record<string, string>; defaultLocale: string }): string | null {
	return titles[defaultLocale] ?? Object.values(titles)[0] ?? null;
}

function view(row: ActivityRow, { names, numbers }: Looked, hidden: boolean): ActivityShape {
	const { _id: id, type, at, subject, actorType, actorId, actorName, details } = row;
	const name = (reference: string) => (hidden ? null : (names.get(reference) ?? null));
	const ticketId = subject.startsWith("ticket/") ? subject.slice("ticket/".length) : null;
	const number = ticketId === null ? undefined : numbers.get(ticketId);
	return {
		id,
		type,
		at: at.toISOString(),
		actor: { type: actorType, id: actorId, name: actorName ?? name(`${actorType}/${actorId}`) },
		subject,
		title: name(subject),
		ticket: ticketId !== null && number !== undefined ? { id: ticketId, number } : null,
		details,
	};
}

/** Rows as the caller sees them. */
export async function activityViews(
	dashboard: Dashboard,
	caller: TenantCaller,
	rows: readonly ActivityRow[],
): Promise<ActivityShape[]> {
	const looked = await lookUp(dashboard, caller.tenant.id, rows);
	const hidden = namesHidden(caller);
	return rows.map((row) => view(row, looked, hidden));
}

const FAMILIES = [...new Set(ACTIVITY_TYPES.map((type) => type.split(".")[0] as string))];

/** The condition on a subject, which may be named by its id alone. */
function subjectCondition(condition: Condition): Condition {
	const { eq } = condition;
	if (typeof eq !== "string" || eq.includes("/")) return condition;
	return { in: FAMILIES.map((family) => `${family}/${eq}`) };
}

async function list(ctx: CallContext<ListParams>, dashboard: Dashboard, rows: Repository<ActivityRow & Entity>) {
	const { params } = ctx;
	const caller = callerOf(ctx);
	const scope = { tenantId: caller.tenant.id, filter: { audience: feedScope(caller) } };
	const freshness = await dashboard.freshness.now();
	const subject = params.filter?.subject;
	const filter = subject ? { ...params.filter, subject: subjectCondition(subject) } : params.filter;
	const page = await rows.list(scope, listActivity.list, { ...params, ...(filter ? { filter } : {}) });
	const data = await activityViews(dashboard, caller, page.data);
	return { ...page, data, ...freshness, filtersApplied: echo(params.filter ?? {}) };
}

export function activityActions(dashboard: Dashboard): Record<string, ActionSchema> {
	const model = dashboardActivityModel as unknown as Model<ActivityRow & Entity>;
	const rows = dashboard.store.repository(model, "activity");
	return { listActivity: action(listActivity, (ctx) => list(ctx, dashboard, rows)) };
}
