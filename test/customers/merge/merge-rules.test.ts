import fc from "fast-check";
import type { Customer } from "../../../models/customer.ts";
import {
	gainedBy,
	mergedCustomer,
	restoredLoser,
	withoutGained,
} from "../../../services/customers/merge/merge-rules.ts";

const NOW = new Date("2026-02-03T04:05:06.000Z");

function customer(fields: Partial<Customer> & { mail?: string[] } = {}): Customer {
	const { mail = [], ...rest } = fields;
	const emails = mail.map((value, index) => ({ value, normalized: value, primary: index === 0, verifiedAt: null }));
	return {
		_id: "s",
		tenantId: "t",
		version: 3,
		createdAt: NOW,
		updatedAt: NOW,
		name: "Sue",
		nameKey: "sue",
		emails,
		liveEmails: mail.length > 0 ? mail : undefined,
		phones: [],
		companies: [],
		status: "active",
		tags: [],
		title: null,
		avatarUrl: null,
		locale: null,
		timeZone: null,
		customFields: {},
		fieldKeys: [],
		notesCount: 0,
		ticketCounters: { open: 0, total: 0, lastTicketAt: null },
		lastSeenAt: null,
		deleted: false,
		deletedAt: null,
		mergedIntoId: null,
		mergedAt: null,
		erasedAt: null,
		lock: null,
		...rest,
	} as Customer;
}

describe("the survivor", () => {
	test.each([
		["keeps its name", { name: "Sue" }, { name: "Lou" }, { name: "Sue" }],
		["keeps its title", { title: "Ms" }, { title: "Mr" }, { title: "Ms" }],
		["takes a title where it has none", {}, { title: "Mr" }, { title: "Mr" }],
		["keeps its external id", { externalId: "a" }, { externalId: "b" }, { externalId: "a" }],
		["takes an external id where it has none", {}, { externalId: "b" }, { externalId: "b" }],
		["joins tags, its own first", { tags: ["b", "a"] }, { tags: ["c", "a"] }, { tags: ["b", "a", "c"] }],
		[
			"keeps its role in a company of both",
			{ companies: [{ id: "k", role: "member" }] },
			{
				companies: [
					{ id: "k", role: "manager" },
					{ id: "l", role: "manager" },
				],
			},
			{
				companies: [
					{ id: "k", role: "member" },
					{ id: "l", role: "manager" },
				],
			},
		],
		[
			"fills gaps among custom fields",
			{ customFields: { plan: "gold", size: null } },
			{ customFields: { plan: "tin", size: 3, seats: 4 } },
			{ customFields: { plan: "gold", size: 3, seats: 4 } },
		],
		["stays a lead with a lead", { status: "lead" }, { status: "lead" }, { status: "lead" }],
		["becomes active with somebody active", { status: "lead" }, { status: "active" }, { status: "active" }],
		["stays active with somebody blocked", { status: "active" }, { status: "blocked" }, { status: "active" }],
		["stays blocked", { status: "blocked" }, { status: "active" }, { status: "blocked" }],
		["is the same aggregate", { version: 7 }, { _id: "l", version: 9 }, { _id: "s", version: 7 }],
	])("%s", (_what, survivor, loser, expected) => {
		expect(mergedCustomer(customer(survivor as object), customer(loser as object))).toMatchObject(expected);
	});

	test("joins addresses, its own primary one first", () => {
		const merged = mergedCustomer(customer({ mail: ["s1@x", "s2@x"] }), customer({ mail: ["l1@x"] }));
		expect(merged.emails.map(({ value, primary }) => [value, primary])).toEqual([
			["s1@x", true],
			["s2@x", false],
			["l1@x", false],
		]);
		expect(merged.liveEmails).toEqual(["s1@x", "s2@x", "l1@x"]);
		const taken = mergedCustomer(customer(), customer({ mail: ["l1@x"] }));
		expect(taken.emails[0]).toMatchObject({ value: "l1@x", primary: true });
	});

	test("has a number once, however it was written", () => {
		const phone = (value: string) => ({ value, e164: "+4312345678", primary: true });
		const merged = mergedCustomer(
			customer({ phones: [phone("+43 1 2345678")] }),
			customer({ phones: [phone("0043 1 2345678")] }),
		);
		expect(merged.phones.map(({ value }) => value)).toEqual(["+43 1 2345678"]);
	});

	test("cannot have more than a customer can", () => {
		const many = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}${n}@x`);
		const attempt = () => mergedCustomer(customer({ mail: many("s", 6) }), customer({ mail: many("l", 5) }));
		expect(attempt).toThrow(expect.objectContaining({ code: 422 }));
		expect(() => mergedCustomer(customer({ tags: many("s", 30) }), customer({ tags: many("l", 21) }))).toThrow(
			expect.objectContaining({ code: 422 }),
		);
	});
});

const some = (prefix: string) =>
	fc.uniqueArray(
		fc.integer({ min: 0, max: 6 }).map((n) => `${prefix}${n}@x`),
		{ maxLength: 4 },
	);
const scalar = fc.option(fc.constantFrom("one", "two"), { nil: null });
const person = (prefix: string) =>
	fc
		.record({
			mail: some(prefix),
			tags: fc.uniqueArray(fc.constantFrom("a", "b", "c", "d")),
			title: scalar,
			locale: scalar,
			customFields: fc.dictionary(fc.constantFrom("plan", "size", "seats"), fc.oneof(fc.integer(), fc.boolean())),
			companies: fc.uniqueArray(
				fc.record({ id: fc.constantFrom("k", "l", "m"), role: fc.constantFrom("member" as const, "manager" as const) }),
				{ selector: ({ id }) => id },
			),
			status: fc.constantFrom("lead" as const, "active" as const, "inactive" as const, "blocked" as const),
		})
		.map((fields) => customer(fields));

test("what a merge gave is what undoing it takes away", () => {
	fc.assert(
		fc.property(person("s"), person("l"), (survivor, loser) => {
			const merged = mergedCustomer(survivor, loser);
			const back = withoutGained(merged, JSON.parse(JSON.stringify(gainedBy(survivor, merged))));
			for (const field of [
				"emails",
				"liveEmails",
				"tags",
				"companies",
				"title",
				"locale",
				"customFields",
				"status",
			] as const)
				expect([field, back[field]]).toEqual([field, survivor[field]]);
		}),
		{ seed: 6 },
	);
});

test("undoing leaves what was changed since", () => {
	const survivor = customer({ mail: ["s@x"] });
	const merged = mergedCustomer(survivor, customer({ mail: ["l@x"], title: "Boss", customFields: { plan: "tin" } }));
	const gained = gainedBy(survivor, merged);
	const since = { ...merged, title: "Chief", customFields: { plan: "gold" }, tags: ["new"] };
	expect(withoutGained(since, gained)).toMatchObject({ title: "Chief", customFields: { plan: "gold" }, tags: ["new"] });
});

test("the other gets back what nobody has taken", () => {
	const loser = customer({ mail: ["a@x", "b@x"], status: "merged", liveEmails: undefined, mergedIntoId: "s" });
	const back = restoredLoser(
		loser,
		{ status: "active", liveEmails: ["a@x", "b@x"], externalId: "x" },
		{ emails: ["b@x"], externalId: undefined },
	);
	expect(back).toMatchObject({ status: "active", mergedIntoId: null, liveEmails: ["b@x"] });
	expect(back.emails).toEqual([expect.objectContaining({ value: "b@x", primary: true })]);
	expect(back.externalId).toBeUndefined();
});
