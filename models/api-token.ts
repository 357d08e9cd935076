import { defineModel, type Entity } from "./model.ts";
import { USER_ROLES } from "./user.ts";

export const TOKEN_KINDS = ["user", "customer", "service"] as const;

/** A credential of a program. The secret itself is never kept, only its hash. */
export interface ApiToken extends Entity {
	name: string;
	/** whom it acts as */
	kind: (typeof TOKEN_KINDS)[number];
	/** SHA-256 of the whole token as it is sent, hex */
	hash: string;
	userId: string | null;
	customerId: string | null;
	/** the customer's name and e-mail as last heard */
	holderName: string | null;
	holderEmail: string | null;
	/** a service's role, null where its scopes say everything */
	role: (typeof USER_ROLES)[number] | null;
	/** a service's rights; for people, customers and services with a role what their rights are narrowed to (empty: not at all) */
	scopes: string[];
	expiresAt: Date | null;
	revokedAt: Date | null;
	/** within a minute or so; not counted as a change */
	lastUsedAt: Date | null;
	createdBy: { type: string; id: string; name: string };
}

export const apiTokenModel = defineModel<ApiToken>(
	"api_tokens",
	{
		name: { type: String, required: true },
		kind: { type: String, required: true, enum: TOKEN_KINDS },
		hash: { type: String, required: true },
		userId: { type: String, default: null },
		customerId: { type: String, default: null },
		holderName: { type: String, default: null },
		holderEmail: { type: String, default: null },
		role: { type: String, default: null, enum: [...USER_ROLES, null] },
		scopes: { type: [String], required: true },
		expiresAt: { type: Date, default: null },
		revokedAt: { type: Date, default: null },
		lastUsedAt: { type: Date, default: null },
		createdBy: {
			type: { type: String, required: true },
			id: { type: String, required: true },
			name: { type: String, required: true },
		},
	},
	[
		[{ tenantId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, userId: 1, createdAt: 1, _id: 1 }, {}],
		[{ tenantId: 1, customerId: 1, createdAt: 1, _id: 1 }, {}],
	],
);
