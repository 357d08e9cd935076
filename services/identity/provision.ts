import type { ParamsOf } from "../../contracts/contract.ts";
import { tenantProvisioned, userCreated } from "../../contracts/identity-events.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import type { provisionTenant as contract } from "../../contracts/tenants.ts";
import { normalizeEmail } from "../../lib/email.ts";
import { newId } from "../../lib/ids.ts";
import { invalidField } from "../../lib/problem.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import { PLATFORM, type Tenant } from "../../models/tenant.ts";
import type { User } from "../../models/user.ts";
import { hashOf, newToken } from "./credentials.ts";
import type { Identity } from "./identity-store.ts";
import { changedLanguages, checkSlug, patchedSettings, timeZoneAt } from "./tenant-rules.ts";
import { tenantData, userData } from "./views.ts";

/** An e-mail address in its one form. Throws 422 at the pointer for what is none. */
export function emailAt(pointer: string, address: string): string {
	const email = normalizeEmail(address);
	if (email === null) throw invalidField(pointer, "This is no e-mail address.", "email");
	return email;
}

/** A name as lists are sorted by it, and as names of groups are told apart. */
export function sortNameOf(name: string): string {
	return name.normalize("NFKC").toLowerCase();
}

/** A person who was just invited, with nothing but what must be. */
export function newUser(
	tx: Transaction,
	tenantId: string,
	fields: { email: string; name: string; role: StaffRole } & Partial<User>,
): Omit<User, "version" | "createdAt" | "updatedAt"> {
	const name = fields.name.trim();
	return {
		_id: newId(),
		tenantId,
		status: "active",
		locale: null,
		timeZone: null,
		groupIds: [],
		skills: [],
		availability: "offline",
		availabilityChangedAt: tx.now,
		maxOpenTickets: null,
		...fields,
		name,
		sortName: sortNameOf(name),
	};
}

/** Who makes something in this transaction. */
export function makerOf({ command }: Transaction): ApiToken["createdBy"] {
	const { type, id, name } = command.actor;
	return { type, id, name };
}

/** A token of a person's, with nothing narrowed. */
export function personalToken(
	tx: Transaction,
	user: User,
	name: string,
	secret: { id: string; hash: string },
): Omit<ApiToken, "version" | "createdAt" | "updatedAt"> {
	return {
		_id: secret.id,
		tenantId: user.tenantId,
		name,
		kind: "user",
		hash: secret.hash,
		userId: user._id,
		customerId: null,
		holderName: null,
		holderEmail: null,
		role: null,
		scopes: [],
		expiresAt: null,
		revokedAt: null,
		lastUsedAt: null,
		createdBy: makerOf(tx),
	};
}

type Request = Omit<ParamsOf<typeof contract>, "ifVersion">;

/** A tenant as a request describes it. Throws 422 for a slug, language, time zone or address that cannot be. */
export function tenantOf(request: Request, _id: string): Omit<Tenant, "version" | "createdAt" | "updatedAt"> {
	checkSlug(request.slug);
	return {
		_id,
		tenantId: PLATFORM,
		slug: request.slug,
		name: request.name.trim(),
		status: "active",
		plan: request.plan ?? null,
		...changedLanguages({ locale: "en", locales: [] }, request.locale ? { locale: request.locale } : {}),
		timeZone: timeZoneAt("/timeZone", request.timeZone ?? "UTC"),
		settings: patchedSettings({}, request.settings),
		ownerChanges: 0,
	};
}

export interface Provisioned {
	tenant: Tenant;
	owner: User;
	tokenId: string;
}

/**
 * Writes a tenant, its owner and the owner's token. Nobody is told of them yet.
 * @throws 409 `duplicate` where the slug is taken
 */
export async function writeTenant(
	identity: Identity,
	tx: Transaction,
	tenant: ReturnType<typeof tenantOf>,
	owner: { email: string; name: string },
	secret: { id: string; hash: string },
): Promise<Provisioned> {
	const written = await identity.tenants.create(tx, tenant);
	const user = await identity.users.create(tx, newUser(tx, tenant._id, { ...owner, role: "owner" }));
	await identity.tokens.create(tx, personalToken(tx, user, "Owner's first token", secret));
	return { tenant: written, owner: user, tokenId: secret.id };
}

/** Tells of a tenant that is ready to be used, and of its owner, in a command of that tenant. */
export async function announceTenant(tx: Transaction, tenant: Tenant, owner: User): Promise<void> {
	await tx.emit(tenantProvisioned, tenant, tenantData(tenant));
	await tx.emit(userCreated, owner, userData(owner));
}

/** A new token's text with its id and what is kept of it. */
export function makeSecret(id = newId()): { id: string; hash: string; token: string } {
	const token = newToken(id);
	return { id, hash: hashOf(token), token };
}

/** Gives a token another secret; the one before is good no longer. */
export async function renewSecret(identity: Identity, id: string): Promise<string> {
	const { hash, token } = makeSecret(id);
	const $set: Partial<ApiToken> = { hash };
	await identity.store.model(apiTokenModel).updateOne({ _id: id }, { $set });
	return token;
}
