import fc from "fast-check";
import { type Caller, callerReach } from "../../contracts/caller.ts";
import { ALL_PERMISSIONS, OF_PEOPLE_ONLY, STAFF_ROLES } from "../../contracts/permissions.ts";
import { newSecret, newToken, sameHash, tokenId } from "../../services/identity/credentials.ts";
import { checkMayManage, losesOwner, mayIssue, mayRevoke } from "../../services/identity/rules.ts";
import { customer, service, staff, tenant } from "../support/callers.ts";

const one = tenant();
const SEED = 20_260_101;

const scope = fc.constantFrom("*", "tickets.*", "tokens.*", "customers.*", "kb.*", ...ALL_PERMISSIONS);
const scopes = fc.array(scope, { maxLength: 4 });
const role = fc.constantFrom(...STAFF_ROLES);
const person = fc.tuple(role, scopes).map(([is, narrowed]) => staff(one, is, { scopes: narrowed }));
const program = fc.tuple(fc.option(role), scopes).map(([is, held]): Caller => ({ ...service(one, held), role: is }));
const anybody = fc.oneof(
	person,
	program,
	scopes.map((narrowed) => customer(one, "c", { scopes: narrowed })),
);
const maker = fc.oneof(person, program);

const WIDTH = { own: 1, groups: 2, all: 3 };

describe("giving out tokens", () => {
	test("no token reaches further than its maker, in any permission", () => {
		fc.assert(
			fc.property(maker, anybody, (by, made) => {
				if (!mayIssue(by, made)) return;
				for (const permission of ALL_PERMISSIONS) {
					const [wide, narrow] = [callerReach(by, permission), callerReach(made, permission)];
					if (narrow === null || (by.kind === "service" && OF_PEOPLE_ONLY.includes(permission))) continue;
					expect(wide).not.toBeNull();
					expect(WIDTH[narrow]).toBeLessThanOrEqual(WIDTH[wide ?? "own"]);
				}
				if (made.role === "owner") expect([by.kind, by.role]).toEqual(["user", "owner"]);
			}),
			{ seed: SEED, numRuns: 3000 },
		);
	});

	test("what may be given out may be given on by whom it was given to, never more (rating aside)", () => {
		fc.assert(
			fc.property(maker, program, anybody, (by, between, made) => {
				const rates =
					by.kind === "user" && OF_PEOPLE_ONLY.some((name) => !callerReach(by, name) && callerReach(made, name));
				if (!rates && mayIssue(by, between) && mayIssue(between, made)) expect(mayIssue(by, made)).toBe(true);
			}),
			{ seed: SEED, numRuns: 3000 },
		);
	});

	test("everybody gives out what they are themselves, owners' services aside", () => {
		fc.assert(
			fc.property(maker, (by) => {
				expect(mayIssue(by, by)).toBe(!(by.kind === "service" && by.role === "owner"));
			}),
			{ seed: SEED },
		);
	});

	test.each(STAFF_ROLES)("an owner gives out a token of any %s, an admin of all but owners", (is) => {
		expect(mayIssue(staff(one, "owner"), staff(one, is))).toBe(true);
		expect(mayIssue(staff(one, "admin"), staff(one, is))).toBe(is !== "owner");
		expect(mayIssue(staff(one, "admin"), staff(one, is, { scopes: ["kb.read"] }))).toBe(is !== "owner");
		expect(mayIssue(staff(one, "admin", { scopes: ["tokens.manage"] }), staff(one, is))).toBe(false);
		expect(mayRevoke(staff(one, "owner"), is)).toBe(true);
		expect(mayRevoke(staff(one, "admin"), is)).toBe(is !== "owner");
		expect(mayRevoke({ ...service(one, []), role: "owner" }, is)).toBe(is !== "owner");
	});

	test("a portal's service gives out customers' tokens when it has what customers have", () => {
		const made = customer(one, "c");
		const portal = ["tokens.manage", "tenant.read", "tickets.*", "customers.*", "kb.*"];
		expect(mayIssue(service(one, portal), made)).toBe(true);
		expect(mayIssue(service(one, portal.slice(0, -1)), made)).toBe(false);
		expect(mayIssue(staff(one, "admin"), made)).toBe(true);
	});
});

describe("managing people", () => {
	const standing = (is: (typeof STAFF_ROLES)[number], status: "active" | "deactivated" = "active", _id = "u") => ({
		_id,
		role: is,
		status,
	});
	const may = (...parts: Parameters<typeof checkMayManage>) => {
		try {
			checkMayManage(...parts);
			return true;
		} catch (error) {
			expect(error).toMatchObject({ code: 403 });
			return false;
		}
	};

	test("every manager, every person, every change", () => {
		for (const by of ["owner", "admin"] as const)
			for (const from of [null, ...STAFF_ROLES])
				for (const to of STAFF_ROLES)
					expect([by, from, to, may(staff(one, by), from && standing(from), standing(to))]).toEqual([
						by,
						from,
						to,
						by === "owner" || (from !== "owner" && to !== "owner"),
					]);
	});

	test("nobody raises themselves", () => {
		for (const from of STAFF_ROLES)
			for (const to of STAFF_ROLES) {
				const caller = staff(one, from, { id: "u" });
				const rises = STAFF_ROLES.indexOf(to) < STAFF_ROLES.indexOf(from);
				expect([from, to, may(caller, standing(from), standing(to))]).toEqual([from, to, !rises]);
			}
	});

	test("an owner is lost by another role or by leaving, and only while active", () => {
		const before = standing("owner");
		expect(losesOwner(before, standing("owner"))).toBe(false);
		expect(losesOwner(before, standing("owner", "deactivated"))).toBe(true);
		for (const to of STAFF_ROLES.slice(1)) expect(losesOwner(before, standing(to))).toBe(true);
		expect(losesOwner(standing("owner", "deactivated"), standing("agent", "deactivated"))).toBe(false);
		expect(losesOwner(standing("admin"), standing("agent"))).toBe(false);
	});
});

describe("credentials", () => {
	test("the id is read out of a token and of nothing else", () => {
		const id = "0190a0a0-0000-7000-8000-000000000000";
		for (let i = 0; i < 200; i++) expect(tokenId(newToken(id))).toBe(id);
		const token = newToken(id);
		for (const other of [
			"",
			"cnd_",
			`${token}x`,
			token.slice(0, -1),
			` ${token}`,
			token.replace("cnd", "CND"),
			newSecret(),
		])
			expect(tokenId(other)).toBeNull();
	});

	test("hashes are the same or not, whatever their form", () => {
		expect(sameHash("00ff", "00ff")).toBe(true);
		for (const [a, b] of [
			["00ff", "00fe"],
			["00ff", "00"],
			["", ""],
			["zz", "zz"],
		] as const)
			expect(sameHash(a, b)).toBe(false);
	});
});
