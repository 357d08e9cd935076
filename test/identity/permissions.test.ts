import { type Caller, callerReach } from "../../contracts/caller.ts";
import { ALL_PERMISSIONS, isScope, type Permission, type Reach, type Role } from "../../contracts/permissions.ts";
import { customer, service, staff, tenant } from "../support/callers.ts";

const one = tenant();
const ROLES: Role[] = ["owner", "admin", "supervisor", "agent", "viewer", "customer"];

/** The table of roles as the product promises it: A all of the tenant, G own groups' tickets, O own, - not at all. */
const TABLE: Record<Permission, string> = {
	"tenant.read": "A A A A A O",
	"tenant.settings": "A A - - - -",
	"tenant.delete": "A - - - - -",
	"users.read": "A A A A A -",
	"users.manage": "A A - - - -",
	"groups.read": "A A A A A -",
	"groups.manage": "A A - - - -",
	"tokens.manage": "A A - - - -",
	"configuration.read": "A A A A - -",
	"configuration.manage": "A A - - - -",
	"tickets.read": "A A A G G O",
	"tickets.create": "A A A A - O",
	"tickets.update": "A A A G - -",
	"tickets.reply": "A A A G - O",
	"tickets.recordCustomerMessage": "A A A - - -",
	"tickets.notes.read": "A A A G G -",
	"tickets.notes.write": "A A A G - -",
	"tickets.notes.writeClosed": "A A A - - -",
	"tickets.assign": "A A A G - -",
	"tickets.close": "A A A G - -",
	"tickets.solve": "A A A G - O",
	"tickets.import": "A A - - - -",
	"tickets.delete": "A A - - - -",
	"tickets.redact": "A A A - - -",
	"tickets.audit": "A A A - - -",
	"tickets.merge": "A A A G - -",
	"tickets.sla.waive": "A A A - - -",
	"tickets.bulk": "A A A G - -",
	"customers.bulk": "A A A G - -",
	"tickets.survey": "A A - - - O",
	"views.read": "A A A A A -",
	"views.share": "A A A - - -",
	"views.manage": "A A A A - -",
	"notifications.read": "A A A A A -",
	"macros.manage": "A A A A - -",
	"customers.read": "A A A A A O",
	"customers.pii": "A A A A - O",
	"customers.write": "A A A A - O",
	"customers.delete": "A A - - - -",
	"customers.erase": "A A - - - O",
	"kb.read": "A A A A A A",
	"kb.write": "A A A A - -",
	"kb.publish": "A A A - - -",
	"kb.analytics": "A A A - - -",
	"kb.rate": "A A A A A O",
	"dashboard.read": "A A A G A -",
	"operations.manage": "A A - - - -",
	"sagas.read": "A A - - - -",
	"sagas.manage": "A A - - - -",
	"audit.read": "A A O - - -",
};
const REACH: Record<string, Reach | null> = { A: "all", G: "groups", O: "own", "-": null };

const as = (role: Role, fields: Partial<Caller> = {}): Caller =>
	role === "customer" ? customer(one, "c1", fields) : staff(one, role, fields);
const expected = (role: Role, permission: Permission) =>
	REACH[TABLE[permission].split(" ")[ROLES.indexOf(role)] ?? ""] as Reach | null;

test("the table covers every permission there is", () => {
	expect(Object.keys(TABLE).toSorted()).toEqual([...ALL_PERMISSIONS].toSorted());
});

describe.each(ROLES)("%s", (role) => {
	test.each(ALL_PERMISSIONS)("%s", (permission) => {
		expect(callerReach(as(role), permission)).toBe(expected(role, permission));
		const family = `${permission.split(".")[0]}.*`;
		for (const scopes of [[permission], [family], ["*"]])
			expect(callerReach(as(role, { scopes }), permission)).toBe(expected(role, permission));
		const others = ALL_PERMISSIONS.filter((other) => other !== permission);
		expect(callerReach(as(role, { scopes: others }), permission)).toBeNull();
	});
});

describe("services", () => {
	test.each(ALL_PERMISSIONS)("%s is theirs by scope alone", (permission) => {
		const reach = permission === "kb.rate" ? null : "all";
		for (const scopes of [[permission], [`${permission.split(".")[0]}.*`], ["*"]])
			expect(callerReach(service(one, scopes), permission)).toBe(reach);
		const others = ALL_PERMISSIONS.filter((other) => other !== permission);
		expect(callerReach(service(one, others), permission)).toBeNull();
		expect(callerReach(service(one, []), permission)).toBeNull();
	});

	test.each(ALL_PERMISSIONS)("%s with a role is the role's, narrowed by scopes", (permission) => {
		for (const role of ["owner", "admin", "supervisor", "agent", "viewer"] as const) {
			const reach = permission === "kb.rate" ? null : expected(role, permission);
			expect(callerReach({ ...service(one, []), role }, permission)).toBe(reach);
			expect(callerReach({ ...service(one, ["nothing.*"]), role }, permission)).toBeNull();
		}
	});
});

test("the platform has none of a tenant's permissions, the system all", () => {
	for (const permission of ALL_PERMISSIONS) {
		expect(
			callerReach({ ...service(one, ["platform:*", "*"]), kind: "platform", role: "owner" }, permission),
		).toBeNull();
		expect(callerReach({ ...service(one, []), kind: "system" }, permission)).toBe("all");
	}
});

test.each([
	["*", true],
	["tickets.*", true],
	["tickets.notes.*", true],
	["tickets.read", true],
	["ticket.*", false],
	["tickets", false],
	["tickets.", false],
	["tickets.rea", false],
	[".*", false],
	["platform:*", false],
	["", false],
])("%j as a scope: %s", (text, is) => {
	expect(isScope(text)).toBe(is);
});
