import type { ServiceBroker } from "moleculer";
import { systemActor } from "../../contracts/caller.ts";
import { groupCreated, userCreated } from "../../contracts/identity-events.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import { DEMO_EMAIL_DOMAIN } from "../../contracts/sign-in.ts";
import { newId } from "../../lib/ids.ts";
import { isProblem } from "../../lib/problem.ts";
import type { Command, Transaction } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import { DEFAULT_ASSIGNMENT } from "../../models/group.ts";
import { type ServiceValueRow, serviceValueModel } from "../../models/outbox.ts";
import type { DeploymentCredentials } from "./authenticate.ts";
import { hashOf, newSecret } from "./credentials.ts";
import { type Identity, TENANTS } from "./identity-store.ts";
import { announceTenant, makeSecret, newUser, sortNameOf, tenantOf, writeTenant } from "./provision.ts";
import { groupData, userData } from "./views.ts";

/** What a start made up and nobody can read anywhere else: null where it made nothing. */
export interface FirstStart {
	/** value of the demo owner's API token */
	demoToken: string | null;
	/** value of the platform's token */
	platformToken: string | null;
}

/** The name of the event that tells this process what its start made up. It never leaves the process. */
export const FIRST_START_DONE = "identity.firstStart.done";

const PLATFORM_HASH = "platformTokenHash";
const DEMO_TOKEN_ID = "demoTokenId";

const DEMO_PEOPLE: readonly { role: StaffRole; name: string }[] = [
	{ role: "admin", name: "Ali Admin" },
	{ role: "supervisor", name: "Sam Supervisor" },
	{ role: "agent", name: "Alex Agent" },
	{ role: "viewer", name: "Vic Viewer" },
];
const IN_SUPPORT: readonly StaffRole[] = ["supervisor", "agent"];

/**
 * Makes sure that somebody can get in: a platform token where none was configured and there is no tenant, and the demo
 * tenant in the embedded deployment, or where its token was configured. Several processes may do this at once; one of
 * them makes each thing.
 */
export async function firstStart(
	identity: Identity,
): Promise<{ credentials: DeploymentCredentials; made: FirstStart }> {
	const { config } = identity.runtime;
	const empty = (await identity.tenants.find(TENANTS, {}, { limit: 1 })).length === 0;
	const platform = await platformToken(identity, empty);
	const demonstrates = !config.production && (config.mongoUrl === null || config.demoToken !== null);
	const made = demonstrates && empty ? await makeDemoTenant(identity) : null;
	const demo = demonstrates && config.demoToken !== null ? await setDemoToken(identity, config.demoToken) : null;
	return {
		credentials: { platformHash: platform.hash, demo },
		made: { demoToken: demo?.changed ? config.demoToken : made, platformToken: platform.made },
	};
}

async function platformToken(
	identity: Identity,
	empty: boolean,
): Promise<{ hash: string | null; made: string | null }> {
	const configured = identity.runtime.config.platformToken;
	if (configured !== null) return { hash: hashOf(configured), made: null };
	const values = identity.store.model(serviceValueModel);
	const secret = `cnd_platform_${newSecret()}`;
	if (empty)
		await values.updateOne({ _id: PLATFORM_HASH }, { $setOnInsert: { text: hashOf(secret) } }, { upsert: true });
	const kept = (await values.findById(PLATFORM_HASH).lean<ServiceValueRow>())?.text ?? null;
	return { hash: kept, made: kept === hashOf(secret) ? secret : null };
}

/** Makes the demo tenant with its people. Answers the owner's token, or null where another process was faster. */
async function makeDemoTenant(identity: Identity): Promise<string | null> {
	const id = newId();
	const tenant = tenantOf({ slug: "demo", name: "Demo", owner: { email: "", name: "" } }, id);
	const owner = { email: demoEmail("owner"), name: "Olivia Owner" };
	const { token, ...secret } = makeSecret();
	try {
		await identity.store.commit(commandOfStart(id), async (tx) => {
			const made = await writeTenant(identity, tx, tenant, owner, secret);
			await announceTenant(tx, made.tenant, made.owner);
			await writeDemoPeople(identity, tx);
			await identity.store
				.model(serviceValueModel)
				.create([{ _id: DEMO_TOKEN_ID, text: secret.id }], { session: tx.session });
		});
		return token;
	} catch (error) {
		if (isProblem(error) && error.code === 409) return null;
		throw error;
	}
}

const demoEmail = (role: StaffRole) => `${role}@${DEMO_EMAIL_DOMAIN}`;

function commandOfStart(tenantId: string): Command {
	return { tenantId, actor: systemActor("identity"), correlationId: newId(), causationId: null, id: null };
}

async function writeDemoPeople(identity: Identity, tx: Transaction): Promise<void> {
	const name = "Support";
	const group = await identity.groups.create(tx, {
		_id: newId(),
		tenantId: tx.command.tenantId,
		name,
		sortName: sortNameOf(name),
		description: "Everybody who answers customers.",
		assignment: DEFAULT_ASSIGNMENT,
		joins: 0,
	});
	await tx.emit(groupCreated, group, groupData(group));
	for (const { role, name: person } of DEMO_PEOPLE) {
		const groupIds = IN_SUPPORT.includes(role) ? [group._id] : [];
		const user = await identity.users.create(
			tx,
			newUser(tx, tx.command.tenantId, { email: demoEmail(role), name: person, role, groupIds }),
		);
		await tx.emit(userCreated, user, userData(user));
	}
}

/**
 * Gives the demo owner's token the configured value. A value that is new here makes the token good again where it was
 * revoked; a value that was revoked stays so.
 */
async function setDemoToken(
	identity: Identity,
	value: string,
): Promise<{ hash: string; tokenId: string; changed: boolean } | null> {
	const row = await identity.store.model(serviceValueModel).findById(DEMO_TOKEN_ID).lean<ServiceValueRow>();
	if (!row?.text) return null;
	const hash = hashOf(value);
	const { matchedCount } = await identity.store
		.model(apiTokenModel)
		.updateOne({ _id: row.text, hash: { $ne: hash } }, { $set: { hash, revokedAt: null } satisfies Partial<ApiToken> });
	return { hash, tokenId: row.text, changed: matchedCount > 0 };
}

/** Tells this process what the start made up, once everything in it is up. */
export function tellFirstStart(broker: ServiceBroker, made: FirstStart): void {
	const tell = () => void broker.broadcastLocal(FIRST_START_DONE, made);
	if (broker.started) tell();
	else broker.localBus.once("$broker.started", tell);
}
