import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Locale, Nullable, TimeZone, Words } from "./fields.ts";
import { Address, Name, patchOf } from "./identity-fields.ts";
import { defineList } from "./list-contract.ts";
import { EditableSettings, RateLimitSettings, type TenantSettings } from "./tenant-settings.ts";
import { UserView } from "./users.ts";

const Plan = Type.String({ minLength: 1, maxLength: 64 });
const ById = Type.Object({ id: Id });

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

export const provisionTenant = defineAction({
	name: "identity.provisionTenant",
	access: "platform",
	rest: "POST /tenants",
	summary: "Make a tenant with its owner and the owner's token",
	description:
		"The token is shown this once. A slug that is taken answers 409 `duplicate`. A service that is away prepares its part " +
		"when it is back, as the saga `sagaId` tells; the tenant can be used as soon as it is `active`.",
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
	result: Type.Object({
		tenant: TenantView,
		owner: UserView,
		token: Type.String(),
		/** of the saga that provisions it */
		sagaId: Id,
	}),
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
