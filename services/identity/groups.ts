import type { ActionSchema } from "moleculer";
import { calendarsByIds } from "../../contracts/calendars.ts";
import type { ParamsOf } from "../../contracts/contract.ts";
import {
	createGroup,
	deleteGroup,
	GROUP_LIST,
	type GroupView,
	getGroup,
	listGroups,
	updateGroup,
} from "../../contracts/groups.ts";
import { groupCreated, groupDeleted, groupUpdated, userUpdated } from "../../contracts/identity-events.ts";
import { groupsByIds } from "../../contracts/identity-internal.ts";
import { newId } from "../../lib/ids.ts";
import { invalidField, isProblem, Problem } from "../../lib/problem.ts";
import { action, type CallContext, call, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import { type Assignment, DEFAULT_ASSIGNMENT } from "../../models/group.ts";
import type { Identity } from "./identity-store.ts";
import { sortNameOf } from "./provision.ts";
import { groupData, groupView, userData } from "./views.ts";

/** Actions on the groups of a tenant. */
export function groupActions(identity: Identity): Record<string, ActionSchema> {
	const { groups } = identity;
	return {
		createGroup: action(createGroup, (ctx) => create(identity, ctx)),
		listGroups: action(listGroups, async (ctx) => {
			const page = await groups.list({ tenantId: callerOf(ctx).tenant.id }, GROUP_LIST, ctx.params);
			return { ...page, data: page.data.map(groupView) };
		}),
		getGroup: action(getGroup, async (ctx) =>
			groupView(await groups.require({ tenantId: callerOf(ctx).tenant.id }, ctx.params.id)),
		),
		updateGroup: action(updateGroup, (ctx) => update(identity, ctx)),
		deleteGroup: action(deleteGroup, (ctx) => remove(identity, ctx)),
		groupsByIds: action(groupsByIds, async ({ params: { tenantId, ids } }) =>
			(await groups.find({ tenantId }, { _id: { $in: ids } })).map(
				({ _id, name, assignment, calendarId, version }) => ({
					id: _id,
					name,
					assignment,
					calendarId: calendarId ?? null,
					version,
				}),
			),
		),
	};
}

/** Throws 422 for a calendar that is not there, 503 where the tickets service, which has them, does not answer. */
async function checkCalendar(ctx: CallContext<unknown>, calendarId: string | null | undefined): Promise<void> {
	if (!calendarId) return;
	const known = await call(ctx, calendarsByIds, { tenantId: callerOf(ctx).tenant.id, ids: [calendarId] }).catch(
		(error: unknown) => Promise.reject(isProblem(error) ? error : noCalendars()),
	);
	if (known.length === 0) throw invalidField("/calendarId", "There is no calendar with this id.", "unknown");
}

function noCalendars(): Problem {
	return new Problem(503, "unavailable", "The tickets service does not answer. Try again.", {
		headers: { "Retry-After": "5" },
	});
}

type AssignmentPatch = ParamsOf<typeof createGroup>["assignment"];

/** Assignment settings after a patch: what is null goes back to its default, all of them when the patch itself is. */
function patchedAssignment(before: Assignment, patch: AssignmentPatch): Assignment {
	if (patch === undefined) return before;
	const entries = Object.entries(patch ?? DEFAULT_ASSIGNMENT);
	const named = entries.map(([name, value]) => [name, value ?? DEFAULT_ASSIGNMENT[name as keyof Assignment]]);
	return { ...before, ...Object.fromEntries(named) };
}

/** The store tells names apart by their sort form, of which a client knows nothing. */
function nameTaken(error: unknown): unknown {
	if (!isProblem(error) || error.type !== "duplicate") return error;
	const message = "There is a group of this name.";
	return new Problem(409, "duplicate", message, { errors: [{ pointer: "/name", code: "duplicate", message }] });
}

async function create({ store, groups }: Identity, ctx: CallContext<ParamsOf<typeof createGroup>>): Promise<GroupView> {
	const { assignment, description, calendarId = null } = ctx.params;
	const name = ctx.params.name.trim();
	await checkCalendar(ctx, calendarId);
	const work = async (tx: Transaction) => {
		const group = await groups.create(tx, {
			_id: newId(),
			tenantId: tx.command.tenantId,
			name,
			sortName: sortNameOf(name),
			description: description ?? null,
			assignment: patchedAssignment(DEFAULT_ASSIGNMENT, assignment),
			calendarId,
			joins: 0,
		});
		await tx.emit(groupCreated, group, groupData(group));
		return groupView(group);
	};
	return store.commit(commandOf(ctx), work).catch((error: unknown) => Promise.reject(nameTaken(error)));
}

async function update({ store, groups }: Identity, ctx: CallContext<ParamsOf<typeof updateGroup>>): Promise<GroupView> {
	const { id, ifVersion, assignment, description, calendarId } = ctx.params;
	const scope = { tenantId: callerOf(ctx).tenant.id };
	await checkCalendar(ctx, calendarId);
	const work = async (tx: Transaction) => {
		const before = await groups.require(scope, id, tx);
		checkVersion(before, ifVersion);
		const name = ctx.params.name?.trim() ?? before.name;
		const after = await groups.update(tx, before, {
			...before,
			name,
			sortName: sortNameOf(name),
			description: description === undefined ? before.description : description,
			assignment: patchedAssignment(before.assignment, assignment),
			...(calendarId === undefined ? {} : { calendarId }),
		});
		if (after !== before) await tx.emit(groupUpdated, after, groupData(after));
		return groupView(after);
	};
	return store.commit(commandOf(ctx), work).catch((error: unknown) => Promise.reject(nameTaken(error)));
}

/** Removes a group and everybody's membership in it, all at once. */
async function remove(identity: Identity, ctx: CallContext<ParamsOf<typeof deleteGroup>>): Promise<null> {
	const { store, groups } = identity;
	const { id, ifVersion } = ctx.params;
	const scope = { tenantId: callerOf(ctx).tenant.id };
	return store.commit(commandOf(ctx), async (tx) => {
		const group = await groups.require(scope, id, tx);
		checkVersion(group, ifVersion);
		await groups.remove(tx, group);
		await tx.emit(groupDeleted, { _id: id, version: group.version + 1 }, groupData(group, true));
		while (await expel(identity, tx, id));
		return null;
	});
}

/** Takes some members out of a group; false when there are none left. */
async function expel({ users }: Identity, tx: Transaction, groupId: string): Promise<boolean> {
	const members = await users.find({ tenantId: tx.command.tenantId }, { groupIds: groupId }, { tx });
	for (const member of members) {
		const groupIds = member.groupIds.filter((id) => id !== groupId);
		const after = await users.update(tx, member, { ...member, groupIds });
		await tx.emit(userUpdated, after, userData(after));
	}
	return members.length > 0;
}
