import { createHash, randomBytes } from "node:crypto";
import type { Caller } from "../../contracts/caller.ts";
import { newId } from "../../lib/ids.ts";
import type { Transaction } from "../../mixins/store.ts";
import { type SessionRow, sessionModel } from "../../models/session.ts";
import type { Identity } from "./identity-store.ts";
import { activePerson, callerOfUser, type Person, unauthenticated } from "./people-behind.ts";
import type { Revoked } from "./revocation.ts";
import { absoluteLimit, isLive, needsTouch, TOUCH_SEC } from "./sessions-limits.ts";

/** A session's secret: 256 random bits. */
const SECRET = /^[A-Za-z0-9_-]{43}$/;

const hashOf = (secret: string) => createHash("sha256").update(secret).digest("hex");

/**
 * Starts a session of a person whose address was verified. A session that only moves to another tenant keeps its
 * absolute limit. Answers the secret for the cookie, which is nowhere else, and the record.
 */
export async function startSession(
	identity: Identity,
	person: Person,
	email: string,
	expiresAt?: Date,
): Promise<{ secret: string; row: SessionRow }> {
	const sessions = identity.store.model(sessionModel);
	const now = identity.runtime.clock.now();
	await sessions.deleteMany({ expiresAt: { $lt: now } });
	const secret = randomBytes(32).toString("base64url");
	const row: SessionRow = {
		_id: hashOf(secret),
		tenantId: person.tenant._id,
		publicId: newId(),
		userId: person.user._id,
		email,
		createdAt: now,
		lastSeenAt: now,
		expiresAt: expiresAt ?? absoluteLimit(now),
	};
	await sessions.create([row]);
	return { secret, row };
}

/** The record of a session within its limits, or null. */
export async function findSession(identity: Identity, secret: string): Promise<SessionRow | null> {
	if (!SECRET.test(secret)) return null;
	const row = await identity.store.model(sessionModel).findById(hashOf(secret)).lean<SessionRow>();
	return row && isLive(row, identity.runtime.clock.now()) ? row : null;
}

/** Notes that a session is in use. Of several at the same time one writes. */
async function touch(identity: Identity, row: SessionRow): Promise<void> {
	const now = identity.runtime.clock.now();
	if (!needsTouch(row, now)) return;
	const stale = new Date(now.getTime() - TOUCH_SEC * 1000);
	await identity.store
		.model(sessionModel)
		.updateOne({ _id: row._id, lastSeenAt: { $lte: stale } }, { $set: { lastSeenAt: now } });
}

/**
 * The session behind a cookie's secret and the person it belongs to. The person must be active, in an active tenant, and
 * still have the address that was signed in with. Throws 401 `unauthenticated`, 403 `tenant_suspended`.
 */
export async function openSession(identity: Identity, secret: string): Promise<{ row: SessionRow; person: Person }> {
	const row = await findSession(identity, secret);
	if (!row) throw unauthenticated();
	const person = await activePerson(identity, row.tenantId, row.userId);
	if (person.user.email !== row.email) throw unauthenticated();
	await touch(identity, row);
	return { row, person };
}

/** Who stands behind a session. Throws as `openSession` does. */
export async function authenticateSession(identity: Identity, secret: string): Promise<Caller> {
	const { row, person } = await openSession(identity, secret);
	return callerOfUser(person, { id: row.publicId });
}

/** Ends one session; what is to be announced, or null where there was none. */
export async function endSession(identity: Identity, secret: string): Promise<Revoked | null> {
	if (!SECRET.test(secret)) return null;
	const row = await identity.store.model(sessionModel).findByIdAndDelete(hashOf(secret)).lean<SessionRow>();
	return row && revoked(row);
}

/** Ends all sessions of a person, within the transaction that shuts the person out. */
export async function revokeSessionsOfUser(identity: Identity, tx: Transaction, userId: string): Promise<Revoked[]> {
	const sessions = identity.store.model(sessionModel);
	const ofUser = { tenantId: tx.command.tenantId, userId };
	const rows = await sessions.find(ofUser).session(tx.session).lean<SessionRow[]>();
	if (rows.length > 0) await sessions.deleteMany(ofUser, { session: tx.session });
	return rows.map(revoked);
}

function revoked(row: SessionRow): Revoked {
	return { credentialId: row.publicId, credentialHash: row._id };
}
