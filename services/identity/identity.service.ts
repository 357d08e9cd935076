import type { ServiceSchema } from "moleculer";
import { authenticate, callerNow } from "../../contracts/identity-internal.ts";
import { action } from "../../mixins/action.ts";
import { collectionMixin } from "../../mixins/collection.mixin.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { sagaMixin } from "../../mixins/saga.mixin.ts";
import { subscriberMixin } from "../../mixins/subscriber.mixin.ts";
import { Authenticator } from "./authenticate.ts";
import { customerHandlers, customerTokenActions } from "./customer-tokens.ts";
import { erasureActions } from "./erase-customer.ts";
import { firstStart, tellFirstStart } from "./first-start.ts";
import { groupActions } from "./groups.ts";
import { IdentitySagas } from "./identity-sagas.ts";
import { openIdentity } from "./identity-store.ts";
import { LastUsed } from "./last-used.ts";
import { meActions } from "./me.ts";
import { offboardingActions } from "./offboarding.ts";
import { announceTenantChanged } from "./revocation.ts";
import { sessionActions } from "./sessions-actions.ts";
import { tenantActions } from "./tenants.ts";
import { tokenActions, writeUses } from "./tokens.ts";
import { userActions } from "./users.ts";

/** Tenants, people, groups, roles, API tokens and sign-in. */
export default function identityService(runtime: Runtime): ServiceSchema {
	let log: (error: unknown) => void = () => undefined;
	let tell: (tenantId: string) => void = () => undefined;
	const identity = openIdentity(runtime, (error) => log(error));
	const sagas = new IdentitySagas(identity, (tenantId) => tell(tenantId));
	const lastUsed = new LastUsed(runtime.clock, (uses) => writeUses(identity, uses));
	const authenticator = new Authenticator(identity, lastUsed);
	return {
		name: "identity",
		// The store last: Moleculer starts the last mixin first, and events need it.
		mixins: [
			sagaMixin(sagas.runner),
			subscriberMixin(runtime, identity.store, "identity", customerHandlers(identity)),
			collectionMixin(identity.store),
		],
		actions: {
			authenticate: action(authenticate, (ctx) => authenticator.authenticate(ctx)),
			callerNow: action(callerNow, (ctx) => authenticator.callerNow(ctx)),
			...meActions(identity),
			...tenantActions(identity, sagas),
			...offboardingActions(identity, sagas),
			...userActions(identity, sagas),
			...groupActions(identity),
			...tokenActions(identity),
			...customerTokenActions(identity),
			...erasureActions(identity),
			...sessionActions(identity),
		},
		methods: {
			/** Writes down at once when tokens were last used. */
			flushUses: () => lastUsed.flush(),
			/** Works on every saga that is due now. */
			settleSagas: () => sagas.runner.idle(),
		},
		created() {
			tell = (tenantId) => announceTenantChanged(this.broker, tenantId);
			log = (error) => this.logger.error("events wait in the outbox", error);
		},
		async started() {
			const { credentials, made } = await firstStart(identity);
			authenticator.credentials = credentials;
			tellFirstStart(this.broker, made);
		},
		async stopped() {
			await lastUsed.flush().catch(() => undefined);
		},
	};
}
