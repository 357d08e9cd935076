import type { StaffRole } from "../../contracts/permissions.ts";
import { audienceOf, customerAudienceOf } from "../../contracts/ticket-audience.ts";
import {
	mustBeAllowedToPlace,
	narrowedScope,
	type Placement,
	sharedCompanies,
	ticketScope,
} from "../../services/tickets/access.ts";
import { customer, service, staff, tenant } from "../support/callers.ts";
import { ticketWith } from "./ticket.ts";

const here = tenant();
const person = (role: StaffRole, agentTicketScope: "all" | "groups" | "assigned" = "groups") =>
	staff(tenant({ agentTicketScope }), role, { id: "me", groupIds: ["g1", "g2"] });

test("a ticket's audience names every way to it, and nobody once it is deleted", () => {
	const ticket = ticketWith({ groupId: "g1", assigneeId: "ann", followerIds: ["bob", "ann"], companyId: "acme" });
	expect([audienceOf(ticket), customerAudienceOf(ticket)]).toEqual([
		["*", "g:g1", "u:ann", "u:bob"],
		["c:cora", "k:acme"],
	]);
	expect([audienceOf(ticketWith()), customerAudienceOf(ticketWith())]).toEqual([["*"], ["c:cora"]]);
	const deleted = { ...ticket, deletedAt: new Date() };
	expect([audienceOf(deleted), customerAudienceOf(deleted)]).toEqual([[], []]);
});

const everything = { audience: "*" };
const groups = { audience: { $in: ["g:g1", "g:g2", "u:me"] } };
const mine = { audience: "u:me" };
test.each([
	["owner", "groups", everything],
	["admin", "assigned", everything],
	["supervisor", "assigned", everything],
	["agent", "groups", groups],
	["agent", "assigned", mine],
	["agent", "all", everything],
	["viewer", "groups", groups],
	["viewer", "assigned", groups],
	["viewer", "all", groups],
] as const)("the scope of %s where agents see %s", (role, setting, filter) => {
	const caller = person(role, setting) as never;
	expect(ticketScope(caller).filter).toEqual(filter);
});

test("the scope of integrations and customers", () => {
	expect(ticketScope(service(here, ["tickets.read"]) as never)).toEqual({ tenantId: here.id, filter: everything });
	const cora = customer(here, "cora") as never;
	expect(ticketScope(cora).filter).toEqual({ customerAudience: "c:cora" });
	expect(ticketScope(cora, ["k1", "k2"]).filter).toEqual({ customerAudience: { $in: ["c:cora", "k:k1", "k:k2"] } });
});

test("a filter narrows the walk, never the scope", () => {
	const all = ticketScope(person("owner") as never);
	expect(narrowedScope(all, { filter: { assigneeId: { eq: "ann" }, groupId: { eq: "g9" } } }).filter).toEqual({
		audience: "u:ann",
	});
	expect(narrowedScope(all, { filter: { customerId: { eq: "cora" } } }).filter).toEqual({ customerAudience: "c:cora" });
	expect(narrowedScope(all, { filter: { customerId: { eq: "cora" } }, sort: "-status" })).toBe(all);
	expect(narrowedScope(all, { filter: { groupId: { in: ["g1"] }, assigneeId: { eq: null } } })).toBe(all);
	expect(narrowedScope(all, {})).toBe(all);
	const some = ticketScope(person("agent") as never);
	expect(narrowedScope(some, { filter: { groupId: { eq: "g9" } } }).filter).toEqual({
		$and: [{ audience: "g:g9" }, groups],
	});
});

test("a customer shares a company's tickets as manager, or as member where the company shares", () => {
	const companies = new Map([
		["k1", { shareTickets: false, deleted: false }],
		["k2", { shareTickets: true, deleted: false }],
		["k3", { shareTickets: true, deleted: true }],
	]);
	const links = (role: "member" | "manager") => ["k1", "k2", "k3", "k4"].map((id) => ({ id, role }));
	expect(sharedCompanies({ companies: links("member") }, companies)).toEqual(["k2"]);
	expect(sharedCompanies({ companies: links("manager") }, companies)).toEqual(["k1", "k2"]);
	expect(sharedCompanies(undefined, companies)).toEqual([]);
});

describe("placing a ticket", () => {
	const self = { id: "me", groupIds: ["g1", "g2"] };
	const mate = { id: "mate", groupIds: ["g2"] };
	const stranger = { id: "stranger", groupIds: ["g9"] };
	const cases: [string, string | null, string | null, Placement, boolean][] = [
		["to itself", null, null, { assignee: self }, true],
		["to itself in a foreign group", "g9", null, { assignee: self }, true],
		["to a mate without a group", null, null, { assignee: mate }, true],
		["to a stranger without a group", null, null, { assignee: stranger }, false],
		["to anybody in an own group", "g1", null, { assignee: mate }, true],
		["to a stranger in a foreign group", "g9", null, { assignee: stranger }, false],
		["to nobody, its own", "g9", "me", { assignee: null }, true],
		["to nobody, a mate's in an own group", "g1", "mate", { assignee: null }, true],
		["to nobody, a stranger's", "g9", "stranger", { assignee: null }, false],
		["into an own group", null, null, { groupId: "g2" }, true],
		["into a foreign group", "g1", null, { groupId: "g9" }, false],
		["out of an own group", "g1", null, { groupId: null }, true],
		["out of a foreign group", "g9", null, { groupId: null }, false],
		["into an own group to a mate", "g9", null, { groupId: "g2", assignee: mate }, true],
		["nowhere else", "g9", "stranger", {}, true],
	];
	test.each(cases)("by an agent %s", (_name, groupId, assigneeId, to, allowed) => {
		const place = (role: StaffRole) => () =>
			mustBeAllowedToPlace(person(role) as never, ticketWith({ groupId, assigneeId }), to);
		if (allowed) expect(place("agent")).not.toThrow();
		else expect(place("agent")).toThrow(expect.objectContaining({ code: 403 }));
		for (const role of ["owner", "admin", "supervisor"] as const) expect(place(role)).not.toThrow();
		expect(place("viewer")).toThrow(expect.objectContaining({ code: 403 }));
	});
});
