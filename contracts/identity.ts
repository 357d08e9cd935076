import { type Static, type TNull, type TOptional, type TSchema, type TUnion, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, defineList, strict } from "./contract.ts";
import { Id, Instant, Locale, Nullable, TimeZone, Words } from "./fields.ts";
import { STAFF_ROLES } from "./permissions.ts";
import { EditableSettings, RateLimitSettings, type TenantSettings } from "./tenant-settings.ts";

const Name = Type.String({ minLength: 1, maxLength: 255, pattern: "\\S" });
/** An e-mail address in any spelling; the service brings it into its one form. */
const Address = Type.String({ minLength: 3, maxLength: 320 });
const Plan = Type.String({ minLength: 1, maxLength: 64 });
const ById = Type.Object({ id: Id });
const Nothing = Type.Null();

/* Tenants */

/** Each setting may be left out (it stays) or null (it goes back to its default). */
function patchOf<T extends Record<string, TSchema>>(properties: T) {
	return Object.fromEntries(
		Object.entries(properties).map(([name, schema]) => [name, Type.Optional(Nullable(schema))]),
	) as { [K in keyof T]: TOptional<TUnion<[T[K], TNull]>> };
}

const editable = {
	...EditableSettings.properties,
	retention: strict(patchOf(EditableSettings.properties.retention.properties)),
};

/** What an owner or admin may change. */
export const SettingsPatch = strict(patchOf(editable));
/** What the platform may change: the rate limits too. */
export const PlatformSettingsPatch = strict({
	...patchOf(editable),
	rateLimit: Type.Optional(Nullable(strict(patchOf(RateLimitSettings.properties)))),
});

export const TenantView = Type.Object({
	id: Id,
	slug: Type.String(),
	name: Type.String(),
	status: Words(["provisioning", "active", "suspended", "offboarding", "offboarded"]),
	plan: Nullable(Type.String()),
	locale: Locale,
	locales: Type.Array(Locale),
	timeZone: TimeZone,
	/** with the defaults filled in; not told to customers */
	settings: Type.Optional(
		Type.Unsafe<TenantSettings>(Type.Object({ ...EditableSettings.properties, rateLimit: RateLimitSettings })),
	),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type TenantView = Static<typeof TenantView>;

export const AVAILABILITY = Words(["online", "away", "offline"]);
const Skill = strict({
	name: Type.String({ minLength: 1, maxLength: 64 }),
	level: Type.Integer({ minimum: 1, maximum: 5 }),
});

export const UserView = Type.Object({
	id: Id,
	email: Type.String(),
	name: Type.String(),
	role: Words(STAFF_ROLES),
	status: Words(["active", "deactivated"]),
	locale: Nullable(Locale),
	timeZone: Nullable(TimeZone),
	groupIds: Type.Array(Id),
	skills: Type.Array(Skill),
	availability: AVAILABILITY,
	availabilityChangedAt: Instant,
	maxOpenTickets: Nullable(Type.Integer()),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type UserView = Static<typeof UserView>;

export const provisionTenant = defineAction({
	name: "identity.provisionTenant",
	access: "platform",
	rest: "POST /tenants",
	summary: "Make a tenant with its owner and the owner's token",
	description: "The token is shown this once. A slug that is taken answers 409 `duplicate`.",
	body: strict({
		/** lower-case letters and digits in groups joined by single hyphens */
		slug: Type.String({ minLength: 2, maxLength: 63, pattern: "^[a-z0-9](-?[a-z0-9])*$" }),
		name: Name,
		plan: Type.Optional(Nullable(Plan)),
		locale: Type.Optional(Locale),
		timeZone: Type.Optional(TimeZone),
		settings: Type.Optional(PlatformSettingsPatch),
		owner: strict({ email: Address, name: Name }),
	}),
	result: Type.Object({ tenant: TenantView, owner: UserView, token: Type.String() }),
	status: 201,
	headers: ({ tenant }) => ({ Location: `/api/tenants/${tenant.id}` }),
});

export const TENANT_LIST = {
	filters: {
		status: { type: "string", values: ["provisioning", "active", "suspended", "offboarding", "offboarded"] },
		slug: { type: "string" },
		plan: { type: "string", nullable: true },
		createdAt: { type: "instant" },
	},
	sorts: ["createdAt", "name"],
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listTenants = defineList({
	name: "identity.listTenants",
	access: "platform",
	rest: "GET /tenants",
	summary: "List the tenants of this deployment",
	list: TENANT_LIST,
	item: TenantView,
});

export const getTenant = defineAction({
	name: "identity.getTenant",
	access: "platform",
	rest: "GET /tenants/:id",
	summary: "Show a tenant",
	path: ById,
	result: TenantView,
});

export const administerTenant = defineAction({
	name: "identity.administerTenant",
	access: "platform",
	rest: ["PATCH /tenants/:id", "PUT /tenants/:id"],
	summary: "Suspend or reactivate a tenant, change its plan, limits or settings",
	path: ById,
	body: strict({
		status: Type.Optional(Words(["active", "suspended"])),
		plan: Type.Optional(Nullable(Plan)),
		settings: Type.Optional(PlatformSettingsPatch),
	}),
	result: TenantView,
	ifMatch: true,
});

export const getOwnTenant = defineAction({
	name: "identity.getOwnTenant",
	access: "tenant.read",
	rest: "GET /tenant",
	summary: "Show the caller's own tenant",
	result: TenantView,
});

export const updateOwnTenant = defineAction({
	name: "identity.updateOwnTenant",
	access: "tenant.settings",
	rest: ["PATCH /tenant", "PUT /tenant"],
	summary: "Change the name, languages, time zone or settings of the caller's own tenant",
	body: strict({
		name: Type.Optional(Name),
		locale: Type.Optional(Locale),
		locales: Type.Optional(Type.Array(Locale, { minItems: 1, maxItems: 50, uniqueItems: true })),
		timeZone: Type.Optional(TimeZone),
		settings: Type.Optional(SettingsPatch),
	}),
	result: TenantView,
	ifMatch: true,
});

/* The caller */

export const me = defineAction({
	name: "identity.me",
	access: "authenticated",
	rest: ["GET /me", "GET /auth/user"],
	summary: "Who the caller is and what they may do",
	result: Type.Object({
		kind: Words(["user", "customer", "service"]),
		id: Id,
		name: Type.String(),
		email: Nullable(Type.String()),
		role: Nullable(Words([...STAFF_ROLES, "customer"])),
		tenant: Type.Object({ id: Id, slug: Type.String(), name: Type.String() }),
		permissions: Type.Array(Type.String()),
	}),
});

export const setAvailability = defineAction({
	name: "identity.setAvailability",
	access: "authenticated",
	rest: "PUT /me/availability",
	summary: "Come online, go away or offline",
	body: strict({ availability: AVAILABILITY }),
	result: UserView,
});

/* People */

const personFields = {
	groupIds: Type.Optional(Nullable(Type.Array(Id, { maxItems: 100, uniqueItems: true }))),
	skills: Type.Optional(Nullable(Type.Array(Skill, { maxItems: 100 }))),
	maxOpenTickets: Type.Optional(Nullable(Type.Integer({ minimum: 0, maximum: 10_000 }))),
	locale: Type.Optional(Nullable(Locale)),
	timeZone: Type.Optional(Nullable(TimeZone)),
};

export const createUser = defineAction({
	name: "identity.createUser",
	access: "users.manage",
	rest: "POST /users",
	summary: "Invite somebody to the staff",
	description: "They get in as soon as the sign-in of the desk vouches for this e-mail address.",
	body: strict({ email: Address, name: Name, role: Words(STAFF_ROLES), ...personFields }),
	result: UserView,
	status: 201,
	headers: (user) => ({ Location: `/api/users/${user.id}` }),
});

export const USER_LIST = {
	filters: {
		role: { type: "string", values: STAFF_ROLES },
		status: { type: "string", values: ["active", "deactivated"] },
		groupId: { type: "id", path: "groupIds", array: true },
		email: { type: "string" },
		availability: { type: "string", values: ["online", "away", "offline"] },
		createdAt: { type: "instant" },
	},
	sorts: ["createdAt", "name", "email"],
	sortPaths: { name: "sortName" },
	defaultSort: "name",
} satisfies ListSpec;

export const listUsers = defineList({
	name: "identity.listUsers",
	access: "users.read",
	rest: "GET /users",
	summary: "List the staff",
	list: USER_LIST,
	item: UserView,
});

export const getUser = defineAction({
	name: "identity.getUser",
	access: "users.read",
	rest: "GET /users/:id",
	summary: "Show somebody of the staff",
	path: ById,
	result: UserView,
});

export const updateUser = defineAction({
	name: "identity.updateUser",
	access: "users.manage",
	rest: ["PATCH /users/:id", "PUT /users/:id"],
	summary: "Change somebody's role, groups, skills or status",
	description:
		"Only an owner makes or changes owners, and one active owner always remains (409 `last_owner`). Deactivating somebody " +
		"ends their sessions and tokens.",
	path: ById,
	body: strict({
		email: Type.Optional(Address),
		name: Type.Optional(Name),
		role: Type.Optional(Words(STAFF_ROLES)),
		status: Type.Optional(Words(["active", "deactivated"])),
		...personFields,
	}),
	result: UserView,
	ifMatch: true,
});

/* Groups */

const assignmentFields = {
	strategy: Words(["manual", "round_robin", "load_balanced", "skill"]),
	maxOpenPerAgent: Type.Integer({ minimum: 1, maximum: 10_000 }),
	countStatuses: Type.Array(Words(["new", "open", "pending", "on_hold"]), { minItems: 1, uniqueItems: true }),
	considerAway: Type.Boolean(),
	fallback: Words(["unassigned", "away"]),
};

export const Assignment = strict(assignmentFields);

const GroupName = Type.String({ minLength: 1, maxLength: 100, pattern: "\\S" });
const groupFields = {
	description: Type.Optional(Nullable(Type.String({ maxLength: 2000 }))),
	assignment: Type.Optional(Nullable(strict(patchOf(assignmentFields)))),
};

export const GroupView = Type.Object({
	id: Id,
	name: Type.String(),
	description: Nullable(Type.String()),
	assignment: Assignment,
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type GroupView = Static<typeof GroupView>;

export const createGroup = defineAction({
	name: "identity.createGroup",
	access: "groups.manage",
	rest: "POST /groups",
	summary: "Make a group",
	body: strict({ name: GroupName, ...groupFields }),
	result: GroupView,
	status: 201,
	headers: (group) => ({ Location: `/api/groups/${group.id}` }),
});

export const GROUP_LIST = {
	filters: { name: { type: "string" }, createdAt: { type: "instant" } },
	sorts: ["name", "createdAt"],
	sortPaths: { name: "sortName" },
	defaultSort: "name",
} satisfies ListSpec;

export const listGroups = defineList({
	name: "identity.listGroups",
	access: "groups.read",
	rest: "GET /groups",
	summary: "List the groups",
	list: GROUP_LIST,
	item: GroupView,
});

export const getGroup = defineAction({
	name: "identity.getGroup",
	access: "groups.read",
	rest: "GET /groups/:id",
	summary: "Show a group",
	path: ById,
	result: GroupView,
});

export const updateGroup = defineAction({
	name: "identity.updateGroup",
	access: "groups.manage",
	rest: ["PATCH /groups/:id", "PUT /groups/:id"],
	summary: "Change a group's name, description or assignment",
	path: ById,
	body: strict({ name: Type.Optional(GroupName), ...groupFields }),
	result: GroupView,
	ifMatch: true,
});

export const deleteGroup = defineAction({
	name: "identity.deleteGroup",
	access: "groups.manage",
	rest: "DELETE /groups/:id",
	summary: "Remove a group",
	description: "Its people stay and are members no longer.",
	path: ById,
	result: Nothing,
	status: 204,
	ifMatch: true,
});

/* API tokens */

export const TokenView = Type.Object({
	id: Id,
	name: Type.String(),
	kind: Words(["user", "customer", "service"]),
	userId: Nullable(Id),
	customerId: Nullable(Id),
	role: Nullable(Words(STAFF_ROLES)),
	scopes: Type.Array(Type.String()),
	expiresAt: Nullable(Instant),
	revokedAt: Nullable(Instant),
	/** within a minute or so */
	lastUsedAt: Nullable(Instant),
	createdBy: Type.Object({ type: Type.String(), id: Type.String(), name: Type.String() }),
	createdAt: Instant,
	updatedAt: Instant,
	version: Type.Integer(),
});
export type TokenView = Static<typeof TokenView>;

export const createToken = defineAction({
	name: "identity.createToken",
	access: "tokens.manage",
	rest: "POST /tokens",
	summary: "Make an API token",
	description:
		"With `userId` it acts as that person, with `customerId` as that customer in self-service (for both, `scopes` narrow what " +
		"it may), else as a service with `scopes` or a `role`. It never may more than its maker. The token is shown this once.",
	body: strict({
		name: Name,
		userId: Type.Optional(Id),
		customerId: Type.Optional(Id),
		role: Type.Optional(Words(STAFF_ROLES)),
		scopes: Type.Optional(
			Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { minItems: 1, maxItems: 100, uniqueItems: true }),
		),
		expiresAt: Type.Optional(Nullable(Instant)),
	}),
	result: Type.Object({ ...TokenView.properties, token: Type.String() }),
	status: 201,
	headers: (token) => ({ Location: `/api/tokens/${token.id}` }),
});

export const TOKEN_LIST = {
	filters: {
		kind: { type: "string", values: ["user", "customer", "service"] },
		userId: { type: "id", me: true, nullable: true },
		customerId: { type: "id", nullable: true },
		revokedAt: { type: "instant", nullable: true },
		createdAt: { type: "instant" },
	},
	sorts: ["createdAt"],
	defaultSort: "-createdAt",
} satisfies ListSpec;

export const listTokens = defineList({
	name: "identity.listTokens",
	access: "tokens.manage",
	rest: "GET /tokens",
	summary: "List the API tokens, revoked ones too",
	list: TOKEN_LIST,
	item: TokenView,
});

export const getToken = defineAction({
	name: "identity.getToken",
	access: "tokens.manage",
	rest: "GET /tokens/:id",
	summary: "Show an API token, never its secret",
	path: ById,
	result: TokenView,
});

export const revokeToken = defineAction({
	name: "identity.revokeToken",
	access: "tokens.manage",
	rest: "DELETE /tokens/:id",
	summary: "Revoke an API token",
	description: "It is refused everywhere within a second. Revoking it again changes nothing.",
	path: ById,
	result: Nothing,
	status: 204,
	ifMatch: true,
});

/** Everything of identity that has a REST alias, sign-in aside. */
export const identityContracts = [
	provisionTenant,
	listTenants,
	getTenant,
	administerTenant,
	getOwnTenant,
	updateOwnTenant,
	me,
	setAvailability,
	createUser,
	listUsers,
	getUser,
	updateUser,
	createGroup,
	listGroups,
	getGroup,
	updateGroup,
	deleteGroup,
	createToken,
	listTokens,
	getToken,
	revokeToken,
] as const;
