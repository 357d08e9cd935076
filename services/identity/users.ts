import type { ActionSchema } from "moleculer";
import type { Caller } from "../../contracts/caller.ts";
import type { ParamsOf, ResultOf } from "../../contracts/contract.ts";
import { userCreated, userDeactivated, userUpdated } from "../../contracts/identity-events.ts";
import { peopleByIds } from "../../contracts/identity-internal.ts";
import { createUser, getUser, listUsers, USER_LIST, type UserView, updateUser } from "../../contracts/users.ts";
import { normalizeEmail } from "../../lib/email.ts";
import type { ListParams } from "../../lib/list-query.ts";
import { Problem } from "../../lib/problem.ts";
import { action, type CallContext, callerOf } from "../../mixins/action.ts";
import { checkVersion } from "../../mixins/repository.ts";
import { commandOf, type Transaction } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import { type Tenant, tenantModel } from "../../models/tenant.ts";
import type { User } from "../../models/user.ts";
import type { IdentitySagas } from "./identity-sagas.ts";
import type { Identity } from "./identity-store.ts";
import { joinGroups } from "./membership.ts";
import { emailAt, newUser, sortNameOf } from "./provision.ts";
import { announceRevoked, type Revoked } from "./revocation.ts";
import { checkMayManage, losesOwner } from "./rules.ts";
import { revokeSessionsOfUser } from "./sessions.ts";
import { localeAt, timeZoneAt } from "./tenant-rules.ts";
import { userData, userView } from "./views.ts";

/** Actions on the staff of a tenant. */
export function userActions(identity: Identity, sagas: IdentitySagas): Record<string, ActionSchema> {
	const { users } = identity;
	return {
		createUser: action(createUser, (ctx) => invite(identity, ctx)),
		listUsers: action(listUsers, async (ctx) => {
			const page = await users.list({ tenantId: callerOf(ctx).tenant.id }, USER_LIST, withEmailsNormalized(ctx.params));
			return { ...page, data: page.data.map(userView) };
		}),
		getUser: action(getUser, async (ctx) =>
			userView(await users.require({ tenantId: callerOf(ctx).tenant.id }, ctx.params.id)),
		),
		updateUser: action(updateUser, (ctx) => update(identity, sagas, ctx)),
		peopleByIds: action(peopleByIds, async ({ params: { tenantId, ids } }) =>
			(await users.find({ tenantId }, { _id: { $in: ids } })).map(userView),
		),
	};
}

/** Addresses are looked for in the form in which they are stored. */
function withEmailsNormalized(params: ListParams): ListParams {
	const { email } = params.filter ?? {};
	if (!email) return params;
	const one = (value: unknown) => (typeof value === "string" ? (normalizeEmail(value) ?? value) : value);
	const normalized = Object.entries(email).map(([operator, value]) => [
		operator,
		Array.isArray(value) ? value.map(one) : one(value),
	]);
	return { ...params, filter: { ...params.filter, email: Object.fromEntries(normalized) } };
}

type Invitation = ParamsOf<typeof createUser>;
type Change = Partial<Omit<Invitation, "ifVersion">> & { status?: User["status"] | undefined };

/** A person after a change: absent fields stay, null goes back to nothing of one's own. */
function changed<T extends Pick<User, "groupIds" | "skills">>(before: T, change: Change): T {
	const after: Partial<User> = {};
	if (change.email !== undefined) after.email = emailAt("/email", change.email);
	if (change.name !== undefined) {
		after.name = change.name.trim();
		after.sortName = sortNameOf(after.name);
	}
	if (change.role !== undefined) after.role = change.role;
	if (change.status !== undefined) after.status = change.status;
	if (change.groupIds !== undefined) after.groupIds = change.groupIds ?? [];
	if (change.skills !== undefined) after.skills = change.skills ?? [];
	if (change.maxOpenTickets !== undefined) after.maxOpenTickets = change.maxOpenTickets;
	if (change.locale !== undefined) after.locale = change.locale && localeAt("/locale", change.locale);
	if (change.timeZone !== undefined) after.timeZone = change.timeZone && timeZoneAt("/timeZone", change.timeZone);
	return { ...before, ...after };
}

async function invite(identity: Identity, ctx: CallContext<Invitation>): Promise<UserView> {
	const caller = callerOf(ctx);
	const { email, name, role, ...rest } = ctx.params;
	return identity.store.commit(commandOf(ctx), async (tx) => {
		const user = changed(newUser(tx, tx.command.tenantId, { email: emailAt("/email", email), name, role }), rest);
		checkMayManage(caller, null, user);
		await joinGroups(identity, tx, user.groupIds, () => true);
		const created = await identity.users.create(tx, user);
		await tx.emit(userCreated, created, userData(created));
		return userView(created);
	});
}

async function update(
	identity: Identity,
	sagas: IdentitySagas,
	ctx: CallContext<ParamsOf<typeof updateUser>>,
): Promise<ResultOf<typeof updateUser>> {
	const caller = callerOf(ctx);
	const { id, ifVersion, ...change } = ctx.params;
	let revoked: Revoked[] = [];
	const view = await identity.store.commit(commandOf(ctx), async (tx) => {
		const before = await identity.users.require({ tenantId: caller.tenant.id }, id, tx);
		checkVersion(before, ifVersion);
		revoked = [];
		const after = await save(identity, tx, caller, before, changed(before, change), revoked);
		const deactivated = before.status === "active" && after.status === "deactivated";
		const sagaId = deactivated ? await beginDeactivation(identity, sagas, tx, caller, after) : undefined;
		return { ...userView(after), ...(sagaId ? { sagaId } : {}) };
	});
	announceRevoked(ctx.broker, revoked);
	if (view.sagaId) sagas.runner.nudge();
	return view;
}

/** Begins what follows when somebody leaves. Their articles go to the person who does it, else to the first owner. */
async function beginDeactivation(
	{ users }: Identity,
	sagas: IdentitySagas,
	tx: Transaction,
	caller: Caller,
	leaving: User,
): Promise<string> {
	const ofTenant = { tenantId: leaving.tenantId };
	const owners = await users.find(ofTenant, { role: "owner", status: "active" }, { limit: 2, tx });
	const owner = owners.find(({ _id }) => _id !== leaving._id)?._id;
	const heirId = caller.kind === "user" && caller.id !== leaving._id ? caller.id : (owner ?? caller.id);
	const { _id: id, version, name, email, role, status, groupIds, availability, maxOpenTickets } = leaving;
	const person = { id, version, name, email, role, status, groupIds, availability, maxOpenTickets };
	const state = { person, heirId, released: 0, handedOver: 0 };
	return sagas.runner.begin(tx, sagas.deactivation, { subject: `user/${id}`, state });
}

async function save(
	identity: Identity,
	tx: Transaction,
	caller: Caller,
	before: User,
	wanted: User,
	revoked: Revoked[],
): Promise<User> {
	checkMayManage(caller, before, wanted);
	await joinGroups(identity, tx, wanted.groupIds, (id) => !before.groupIds.includes(id));
	if (losesOwner(before, wanted)) await keepAnOwner(identity, tx, before);
	const deactivated = before.status === "active" && wanted.status === "deactivated";
	const after = await identity.users.update(tx, before, deactivated ? offline(wanted, before, tx.now) : wanted);
	if (deactivated) revoked.push(...(await revokeCredentials(identity, tx, before._id)));
	if (after !== before) await tx.emit(deactivated ? userDeactivated : userUpdated, after, userData(after));
	return after;
}

function offline(wanted: User, before: User, now: Date): User {
	return before.availability === "offline"
		? wanted
		: { ...wanted, availability: "offline", availabilityChangedAt: now };
}

/**
 * Refuses to take the last active owner away. Whoever loses an owner writes the tenant's row, so that two who do it at
 * once meet there and the second looks again.
 * @throws 409 `last_owner`
 */
async function keepAnOwner({ store, users }: Identity, tx: Transaction, leaving: User): Promise<void> {
	const where: Partial<Tenant> = { _id: leaving.tenantId };
	await store.model(tenantModel).updateOne(where, { $inc: { ownerChanges: 1 } }, { session: tx.session });
	const owners = await users.find(
		{ tenantId: leaving.tenantId },
		{ role: "owner", status: "active" },
		{ limit: 2, tx },
	);
	if (!owners.some((owner) => owner._id !== leaving._id))
		throw new Problem(
			409,
			"last_owner",
			"A tenant needs at least one active owner. Make somebody else an owner first.",
		);
}

/** Ends everything with which a person gets in. Their own record already keeps them out; this keeps it so. */
async function revokeCredentials(identity: Identity, tx: Transaction, userId: string): Promise<Revoked[]> {
	const { tenantId } = tx.command;
	const model = identity.store.model(apiTokenModel);
	const own: Partial<ApiToken> = { tenantId, userId };
	const tokens = await model
		.find({ ...own, revokedAt: null })
		.session(tx.session)
		.lean<ApiToken[]>();
	if (tokens.length > 0)
		await model.updateMany(
			{ ...own, revokedAt: null },
			{ $set: { revokedAt: tx.now, updatedAt: tx.now }, $inc: { version: 1 } },
			{ session: tx.session },
		);
	const sessions = await revokeSessionsOfUser(identity, tx, userId);
	return [...tokens.map(({ _id, hash }) => ({ credentialId: _id, credentialHash: hash })), ...sessions];
}
