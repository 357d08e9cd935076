import type { ActionSchema } from "moleculer";
import { may, type TenantCaller } from "../../../contracts/caller.ts";
import type { ParamsOf } from "../../../contracts/contract.ts";
import { TicketView } from "../../../contracts/tickets-views.ts";
import {
	countView,
	createView,
	deleteView,
	getView,
	listViews,
	listViewTickets,
	type SavedViewShape,
	updateView,
	VIEW_LIST,
} from "../../../contracts/views.ts";
import { newId } from "../../../lib/ids.ts";
import type { Condition, ListParams } from "../../../lib/list-query.ts";
import { invalidField, Problem } from "../../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../../mixins/action.ts";
import { checkVersion, type Scope } from "../../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../../mixins/store.ts";
import type { SavedView } from "../../../models/saved-view.ts";
import { demand } from "../access.ts";
import { customFieldFilters, fieldRulesOf } from "../custom-fields.ts";
import { groupById, keepLearned, nothingLearned } from "../neighbours.ts";
import { listPage } from "../read-tickets.ts";
import type { Tickets } from "../tickets-store.ts";
import { cleanSort, conditionsOf, filterOfQuery, queryOfFilter, refused } from "./view-query.ts";

const MAX_VIEWS = 1000;

const mayShare = (caller: TenantCaller) => may(caller, "views.share");

/** The views that exist for a caller. */
function viewScope(caller: TenantCaller): Scope {
	const own = { audience: { $in: ["tenant", `person:${caller.id}`, ...caller.groupIds.map((id) => `group:${id}`)] } };
	const filter = mayShare(caller) ? { $or: [own, { sharedWith: "group" }] } : own;
	return { tenantId: caller.tenant.id, filter };
}

async function viewsOf(
	{ copies }: Tickets,
	tenantId: string,
	views: readonly SavedView[],
	tx?: Transaction,
): Promise<SavedViewShape[]> {
	const people = await copies.people.byIds(
		tenantId,
		views.map(({ ownerId }) => ownerId),
		tx,
	);
	return views.map((view) => ({
		id: view._id,
		version: view.version,
		name: view.name,
		description: view.description,
		filter: filterOfQuery(view.query),
		sort: view.sort,
		columns: view.columns,
		sharedWith: view.sharedWith,
		groupId: view.groupId,
		position: view.position,
		createdBy: view.ownerId === null ? null : { id: view.ownerId, name: people.get(view.ownerId)?.name ?? "" },
		createdAt: view.createdAt.toISOString(),
		updatedAt: view.updatedAt.toISOString(),
	}));
}

function cleanName(name: string): string {
	const clean = name.trim();
	if (clean === "") throw invalidField("/name", "A view needs a name.", "required");
	return clean;
}

/** @throws 422 for what no ticket has */
function cleanColumns(columns: readonly string[]): string[] {
	const unknown = columns.findIndex(
		(column) => !Object.hasOwn(TicketView.properties, column) && !/^customFields\.[a-z][a-z0-9_]{0,63}$/.test(column),
	);
	if (unknown >= 0) throw invalidField(`/columns/${unknown}`, "Tickets have no such field.", "enum");
	return [...columns];
}

type Shared = Pick<SavedView, "sharedWith" | "groupId" | "audience">;

/** Who sees a view of this owner. @throws 403 where the caller may not share it so, 422 without the group */
function sharedBy(
	caller: TenantCaller,
	ownerId: string | null,
	sharedWith: SavedView["sharedWith"],
	groupId: string | null,
): Shared {
	if (sharedWith === "group") {
		if (groupId === null) throw invalidField("/groupId", "Say which group sees it.", "required");
		demand(mayShare(caller) || caller.groupIds.includes(groupId), "Agents share views with their own groups.");
		return { sharedWith, groupId, audience: `group:${groupId}` };
	}
	if (sharedWith === "tenant") {
		demand(mayShare(caller), "Sharing a view with everybody needs the permission views.share.");
		return { sharedWith, groupId: null, audience: "tenant" };
	}
	// One that nobody made becomes the view of whoever takes it for themselves.
	return { sharedWith, groupId: null, audience: `person:${ownerId ?? caller.id}` };
}

/** Throws 422 where there is no such group. */
async function learnGroup(ctx: CallContext, tickets: Tickets, groupId: string | null | undefined) {
	const learned = nothingLearned();
	if (groupId) await groupById(ctx, tickets, callerOf(ctx).tenant.id, groupId, learned);
	return learned;
}

/** The query of a filter whose custom fields exist. @throws 422 at `/filter` */
async function checkedQuery(ctx: CallContext, filter: unknown): Promise<string> {
	const query = queryOfFilter(filter);
	const { id, tenant } = callerOf(ctx);
	const { customFields } = conditionsOf(query, id).filter ?? {};
	if (!customFields) return query;
	const rules = await fieldRulesOf(ctx, tenant.id);
	try {
		customFieldFilters(rules, customFields as Record<string, Condition>);
	} catch (error) {
		throw refused(error);
	}
	return query;
}

async function nextPosition({ views }: Tickets, tx: Transaction): Promise<number> {
	const sort = { position: -1, _id: -1 } as const;
	const [last] = await views.find({ tenantId: tx.command.tenantId }, {}, { sort, limit: 1, tx });
	return Math.min(1_000_000, (last?.position ?? -1) + 1);
}

async function create(ctx: CallContext<ParamsOf<typeof createView>>, tickets: Tickets): Promise<SavedViewShape> {
	const { name, description = null, filter, sort, columns = [], sharedWith = "private", groupId = null } = ctx.params;
	const { position } = ctx.params;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	const fields = {
		name: cleanName(name),
		description,
		query: await checkedQuery(ctx, filter),
		sort: cleanSort(sort),
		columns: cleanColumns(columns),
		...sharedBy(caller, caller.id, sharedWith, groupId),
		ownerId: caller.id,
	};
	const learned = await learnGroup(ctx, tickets, groupId);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		await keepLearned(tickets, tx, learned);
		if ((await tickets.views.count({ tenantId }, {}, MAX_VIEWS)) >= MAX_VIEWS)
			throw new Problem(409, "conflict", `A tenant has at most ${MAX_VIEWS} saved views.`);
		const id = newId();
		const at = position ?? (await nextPosition(tickets, tx));
		const view = await tickets.views.create(tx, { _id: id, tenantId, ...fields, position: at, slot: id });
		return (await viewsOf(tickets, tenantId, [view], tx))[0] as SavedViewShape;
	});
}

/** A view that the caller may change. @throws 404, 403, 412 */
async function changeable(
	tickets: Tickets,
	caller: TenantCaller,
	id: string,
	ifVersion: number | undefined,
	tx: Transaction,
): Promise<SavedView> {
	const view = await tickets.views.require(viewScope(caller), id, tx);
	checkVersion(view, ifVersion);
	const allowed = view.ownerId === caller.id || (view.sharedWith !== "private" && mayShare(caller));
	demand(allowed, "A view is changed by whoever made it, or by supervisors where it is shared.");
	return view;
}

async function update(ctx: CallContext<ParamsOf<typeof updateView>>, tickets: Tickets): Promise<SavedViewShape> {
	const { id, ifVersion, name, description, filter, sort, columns, sharedWith, groupId, position } = ctx.params;
	const caller = callerOf(ctx);
	const { id: tenantId } = caller.tenant;
	const given = {
		...(name === undefined ? {} : { name: cleanName(name) }),
		...(description === undefined ? {} : { description }),
		...(filter === undefined ? {} : { query: await checkedQuery(ctx, filter) }),
		...(sort === undefined ? {} : { sort: cleanSort(sort) }),
		...(columns === undefined ? {} : { columns: cleanColumns(columns ?? []) }),
		...(position === undefined ? {} : { position }),
	};
	const learned = await learnGroup(ctx, tickets, groupId);
	return tickets.store.commit(commandOf(ctx), async (tx) => {
		const before = await changeable(tickets, caller, id, ifVersion, tx);
		await keepLearned(tickets, tx, learned);
		const shares = sharedWith !== undefined || groupId !== undefined;
		const group = groupId === undefined ? before.groupId : groupId;
		const shared = shares ? sharedBy(caller, before.ownerId, sharedWith ?? before.sharedWith, group) : {};
		const ownerId = sharedWith === "private" ? (before.ownerId ?? caller.id) : before.ownerId;
		const view = await tickets.views.update(tx, before, { ...before, ...given, ...shared, ownerId });
		return (await viewsOf(tickets, tenantId, [view], tx))[0] as SavedViewShape;
	});
}

/** What `GET /tickets` is asked with for a view. */
async function asked(ctx: CallContext<{ id: string }>, tickets: Tickets, params: ListParams): Promise<ListParams> {
	const caller = callerOf(ctx);
	const view = await tickets.views.require(viewScope(caller), ctx.params.id);
	return { ...params, ...conditionsOf(view.query, caller.id), sort: params.sort ?? view.sort };
}

/** Views that people keep, and the tickets in them. */
export function viewActions(tickets: Tickets): Record<string, ActionSchema> {
	return {
		listViews: action(listViews, async (ctx) => {
			const caller = callerOf(ctx);
			const page = await tickets.views.list(viewScope(caller), VIEW_LIST, ctx.params);
			return { ...page, data: await viewsOf(tickets, caller.tenant.id, page.data) };
		}),
		getView: action(getView, async (ctx) => {
			const caller = callerOf(ctx);
			const view = await tickets.views.require(viewScope(caller), ctx.params.id);
			return (await viewsOf(tickets, caller.tenant.id, [view]))[0] as SavedViewShape;
		}),
		createView: action(createView, (ctx) => create(ctx, tickets)),
		updateView: action(updateView, (ctx) => update(ctx, tickets)),
		deleteView: action(deleteView, async (ctx) => {
			const { id, ifVersion } = ctx.params;
			return tickets.store.commit(commandOf(ctx), async (tx) => {
				await tickets.views.remove(tx, await changeable(tickets, callerOf(ctx), id, ifVersion, tx));
				return null;
			});
		}),
		listViewTickets: action(listViewTickets, async (ctx) => {
			const { id: _id, ...params } = ctx.params;
			return listPage(ctx, tickets, await asked(ctx, tickets, params as ListParams));
		}),
		countView: action(countView, async (ctx) => {
			const { page } = await listPage(ctx, tickets, await asked(ctx, tickets, { limit: 1, count: true }));
			return { total: page.total ?? 0 };
		}),
	};
}
