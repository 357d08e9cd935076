import { type Static, Type } from "typebox";
import type { ListSpec } from "../lib/list-query.ts";
import { defineAction, strict } from "./contract.ts";
import { Id, Instant, Nullable, Words } from "./fields.ts";
import { Name } from "./identity-fields.ts";
import { defineList } from "./list-contract.ts";
import { STAFF_ROLES } from "./permissions.ts";

const ById = Type.Object({ id: Id });

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
	result: Type.Null(),
	status: 204,
	ifMatch: true,
});
