import type { Repository, Scope } from "../../mixins/repository.ts";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import { type ApiToken, apiTokenModel } from "../../models/api-token.ts";
import { type Group, groupModel } from "../../models/group.ts";
import type { Model } from "../../models/model.ts";
import { sagaModel } from "../../models/saga.ts";
import { sessionModel } from "../../models/session.ts";
import { PLATFORM, type Tenant, tenantModel } from "../../models/tenant.ts";
import { tenantExportModel, tenantExportPartModel } from "../../models/tenant-export.ts";
import { type User, userModel } from "../../models/user.ts";
import { Issuer } from "./oidc-issuer.ts";

/** The scope in which tenants themselves live. */
export const TENANTS: Scope = { tenantId: PLATFORM };

/** What identity's actions work on: its documents, and what the deployment gives. */
export interface Identity {
	runtime: Runtime;
	store: Store;
	tenants: Repository<Tenant>;
	users: Repository<User>;
	groups: Repository<Group>;
	tokens: Repository<ApiToken>;
	/** who vouches for people that sign in */
	issuer: Issuer;
}

/** The store of the service with its repositories. Nothing is opened before the service starts. */
export function openIdentity(runtime: Runtime, onError: (error: unknown) => void): Identity {
	const models = [
		tenantModel,
		userModel,
		groupModel,
		apiTokenModel,
		sessionModel,
		sagaModel,
		tenantExportModel,
		tenantExportPartModel,
	] as unknown as Model<never>[];
	const store = new Store(runtime, "identity", models, onError);
	return {
		runtime,
		store,
		tenants: store.repository(tenantModel, "tenant"),
		users: store.repository(userModel, "user"),
		groups: store.repository(groupModel, "group"),
		tokens: store.repository(apiTokenModel, "token"),
		issuer: new Issuer(runtime.config, runtime.clock),
	};
}
