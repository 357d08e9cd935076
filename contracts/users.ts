import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Locale, Nullable, TimeZone, Words } from "./fields.ts";
import { Address, Name } from "./identity-fields.ts";
import { defineList } from "./list-contract.ts";
import { STAFF_ROLES } from "./permissions.ts";

const ById = Type.Object({ id: Id });

export const AVAILABILITY = Words(["online", "away", "offline"]);
const Skill = strict({
	name: Type.String({ minLength: 1, maxLength: 64 }),
	level: Type.Integer({ minimum: 1, maximum: 5 }),
});

export const UserView = Type.Object({
	id: Id,
	tenantId: Id,
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
		"ends their sessions and tokens, takes their open tickets from them and gives their articles to whoever does it; the " +
		"saga `sagaId` tells how far that is.",
	path: ById,
	body: strict({
		email: Type.Optional(Address),
		name: Type.Optional(Name),
		role: Type.Optional(Words(STAFF_ROLES)),
		status: Type.Optional(Words(["active", "deactivated"])),
		...personFields,
	}),
	result: Type.Object({
		...UserView.properties,
		/** of the saga that follows when somebody is deactivated */
		sagaId: Type.Optional(Id),
	}),
	ifMatch: true,
});

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
	ifMatch: true,
});
