import { defineRows } from "./model.ts";

/**
 * A signed-in browser. `_id` is the SHA-256 (hex) of the secret in its cookie, so that whoever reads the store cannot use
 * it; `publicId` names it in logs and audit rows. Ending a session removes the row.
 */
export interface SessionRow {
	_id: string;
	tenantId: string;
	publicId: string;
	userId: string;
	/** the address that the issuer vouched for, normalised: it, not the user's record, says which tenants are open */
	email: string;
	createdAt: Date;
	/** brought up to date every few minutes of use */
	lastSeenAt: Date;
	/** the absolute limit, kept when the session moves to another tenant */
	expiresAt: Date;
}

export const sessionModel = defineRows<SessionRow>(
	"sessions",
	{
		tenantId: { type: String, required: true },
		publicId: { type: String, required: true },
		userId: { type: String, required: true },
		email: { type: String, required: true },
		createdAt: { type: Date, required: true },
		lastSeenAt: { type: Date, required: true },
		expiresAt: { type: Date, required: true },
	},
	[
		[{ tenantId: 1, userId: 1 }, {}],
		// Serves the service's own clean-up, which knows no tenant.
		[{ expiresAt: 1 }, {}],
	],
);
