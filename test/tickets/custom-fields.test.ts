import { customFieldFilters, refuseIncomplete } from "../../services/tickets/custom-fields.ts";
import { ticketWith } from "./ticket.ts";

const rules = [
	{ key: "plan", type: "select", required: true, archived: false },
	{ key: "seats", type: "integer", required: false, archived: false },
	{ key: "vip", type: "boolean", required: false, archived: false },
	{ key: "seen", type: "datetime", required: false, archived: false },
	{ key: "old", type: "text", required: true, archived: true },
];

test.each([
	[{ plan: { eq: "12" } }, { "customFields.plan": { $in: ["12"] } }],
	[{ seats: { eq: "12" } }, { "customFields.seats": { $in: [12] } }],
	[{ seats: { in: ["1", "2"] } }, { "customFields.seats": { $in: [1, 2] } }],
	[{ seats: { ne: "1" } }, { "customFields.seats": { $nin: [1] } }],
	[{ seats: { gte: "1.5" } }, { "customFields.seats": { $gte: 1.5 } }],
	[{ vip: { eq: "false" } }, { "customFields.vip": { $in: [false] } }],
	[{ seen: { lt: "2026-01-01T01:00:00 01:00" } }, { "customFields.seen": { $lt: "2026-01-01T00:00:00.000Z" } }],
	[{ plan: { exists: true } }, { "customFields.plan": { $ne: null } }],
	[{ plan: { exists: false } }, { "customFields.plan": { $eq: null } }],
])("%j in the types of the fields is %j", (conditions, filter) => {
	expect(customFieldFilters(rules, conditions)).toEqual([filter]);
});

test.each([
	[{ plan: { eq: "gold" } }, { "customFields.plan": { $in: ["gold"] } }],
	[{ plan: { eq: "12" } }, { "customFields.plan": { $in: ["12", 12] } }],
	[{ plan: { ne: "true" } }, { "customFields.plan": { $nin: ["true", true] } }],
	[{ plan: { gt: "12" } }, { "customFields.plan": { $gt: 12 } }],
	[{ plan: { gt: "2026-01-01" } }, { "customFields.plan": { $gt: "2026-01-01" } }],
])("%j is %j where nobody knows the types", (conditions, filter) => {
	expect(customFieldFilters(null, conditions)).toEqual([filter]);
});

test("what cannot be is refused", () => {
	expect(() => customFieldFilters(rules, { nothing: { eq: "1" } })).toThrow("There is no custom field nothing");
	expect(() => customFieldFilters(rules, { seats: { eq: "many" } })).toThrow("must be compared with a number");
});

test("a ticket without its required fields is not solved", () => {
	expect(() => refuseIncomplete(rules, ticketWith())).toThrow("required to solve");
	expect(() => refuseIncomplete(rules, ticketWith({ customFields: { plan: "" } }))).toThrow("required to solve");
	refuseIncomplete(rules, ticketWith({ customFields: { plan: "gold" } }));
	refuseIncomplete(rules, ticketWith(), { plan: "gold" });
	refuseIncomplete(null, ticketWith());
	refuseIncomplete(rules, ticketWith({ status: "solved" }));
});
