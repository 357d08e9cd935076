/** The roles of staff, from most to least powerful. */
export const STAFF_ROLES = ["owner", "admin", "supervisor", "agent", "viewer"] as const;
export type StaffRole = (typeof STAFF_ROLES)[number];
export type Role = StaffRole | "customer";

/**
 * How far a permission reaches: `all` of the tenant, tickets of the caller's own `groups` (plus assigned and followed
 * ones), or the caller's `own` things (a customer's, with those of the company where the caller manages it).
 */
export type Reach = "all" | "groups" | "own";

type Row = Partial<Record<Role, Reach>>;

const staff: Row = { owner: "all", admin: "all", supervisor: "all", agent: "all", viewer: "all" };
const leads: Row = { owner: "all", admin: "all", supervisor: "all" };
const admins: Row = { owner: "all", admin: "all" };

/**
 * The whole permission matrix, in one place. A service token has no role: a permission is among its scopes or it is not,
 * and then reaches all of the tenant.
 */
export const PERMISSIONS = {
	"tenant.read": { ...staff, customer: "own" },
	"tenant.settings": admins,
	"tenant.delete": { owner: "all" },
	"users.read": staff,
	"users.manage": admins,
	"groups.read": staff,
	"groups.manage": admins,
	"tokens.manage": admins,
	"configuration.read": { owner: "all", admin: "all", supervisor: "all", agent: "all" },
	"configuration.manage": admins,
	"tickets.read": { ...leads, agent: "groups", viewer: "groups", customer: "own" },
	"tickets.create": { ...leads, agent: "all", customer: "own" },
	"tickets.update": { ...leads, agent: "groups" },
	"tickets.reply": { ...leads, agent: "groups", customer: "own" },
	"tickets.recordCustomerMessage": leads,
	"tickets.import": admins,
	"tickets.notes.read": { ...leads, agent: "groups", viewer: "groups" },
	"tickets.notes.write": { ...leads, agent: "groups" },
	"tickets.notes.writeClosed": leads,
	"tickets.assign": { ...leads, agent: "groups" },
	"tickets.close": { ...leads, agent: "groups" },
	"tickets.solve": { ...leads, agent: "groups", customer: "own" },
	"tickets.delete": admins,
	"tickets.redact": leads,
	"tickets.audit": leads,
	"tickets.merge": { ...leads, agent: "groups" },
	"tickets.sla.waive": leads,
	"tickets.bulk": { ...leads, agent: "groups" },
	// Owners and admins only give it to integrations: staff does not rate itself.
	"tickets.survey": { ...admins, customer: "own" },
	"views.read": staff,
	"views.manage": { ...leads, agent: "all" },
	/** with the whole tenant, and with groups that are not one's own */
	"views.share": leads,
	"notifications.read": staff,
	"macros.manage": { ...leads, agent: "all" },
	"customers.read": { ...staff, customer: "own" },
	"customers.pii": { ...leads, agent: "all", customer: "own" },
	"customers.write": { ...leads, agent: "all", customer: "own" },
	"customers.bulk": { ...leads, agent: "groups" },
	"customers.delete": admins,
	"customers.erase": { ...admins, customer: "own" },
	"kb.read": { ...staff, customer: "all" },
	"kb.write": { ...leads, agent: "all" },
	"kb.publish": leads,
	"kb.analytics": leads,
	"kb.rate": { ...staff, customer: "own" },
	"dashboard.read": { ...leads, agent: "groups", viewer: "all" },
	"operations.manage": admins,
	"sagas.read": admins,
	"sagas.manage": admins,
	"audit.read": { ...admins, supervisor: "own" },
} as const satisfies Record<string, Row>;

export type Permission = keyof typeof PERMISSIONS;

export const ALL_PERMISSIONS = Object.keys(PERMISSIONS) as Permission[];

/** What only people and customers do: no service has it, whatever its scopes or role. */
export const OF_PEOPLE_ONLY: readonly Permission[] = ["kb.rate"];

/** What a visitor of the public help centre has, who has not signed in: public things only. */
export const OF_ANYBODY: readonly Permission[] = ["kb.read", "kb.rate"];

/** How far a role reaches with a permission, or null where it may not at all. */
export function reachOf(role: Role, permission: Permission): Reach | null {
	return (PERMISSIONS[permission] as Row)[role] ?? null;
}

/** Whether a service token's scopes hold a permission: by name, by family (`tickets.*`) or all (`*`). */
export function scopesAllow(scopes: readonly string[], permission: Permission): boolean {
	return scopes.some(
		(scope) =>
			scope === permission || scope === "*" || (scope.endsWith(".*") && permission.startsWith(scope.slice(0, -1))),
	);
}

/** Whether a text is a scope that a service token can carry. */
export function isScope(text: string): boolean {
	return (
		text === "*" ||
		ALL_PERMISSIONS.some((name) => name === text || (text.endsWith(".*") && name.startsWith(text.slice(0, -1))))
	);
}
