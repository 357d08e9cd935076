import type { Problem } from "../../lib/problem.ts";
import { type CustomerInput, newCustomer, patchCustomer } from "../../services/customers/customer-draft.ts";
import { cleanName, derivedName, nameKey } from "../../services/customers/names.ts";

const context = { rules: [], companies: [] };
const made = (input: CustomerInput) => newCustomer(input, context);
const changed = (before: CustomerInput, patch: CustomerInput) => patchCustomer(made(before), patch, context);

function pointerOf(work: () => unknown): string | undefined {
	try {
		work();
	} catch (error) {
		expect((error as Problem).code).toBe(422);
		return (error as Problem).data.errors?.[0]?.pointer;
	}
	return undefined;
}

describe("names", () => {
	test.each<[CustomerInput, string]>([
		[{ name: "  Ada \n Byron " }, "Ada Byron"],
		[{ email: "Ada.Byron+desk@example.com" }, "Ada.Byron+desk"],
		[{ phone: "+43 664 1234567" }, "+43 664 1234567"],
		[{ email: "ada@example.com", phone: "+43 664 1234567" }, "ada"],
		[{ name: null, email: "ada@example.com" }, "ada"],
	])("%j is called %s", (input, name) => {
		expect(made(input)).toMatchObject({ name, nameKey: name.toLowerCase() });
	});

	test("nobody is nameless", () => {
		for (const input of [{}, { title: "Dr" }, { emails: [] }, { name: null }])
			expect(pointerOf(() => made(input))).toBe("");
		expect(pointerOf(() => made({ name: " \u0000 " }))).toBe("/name");
	});

	test("stay when an address goes, and are made again when cleared", () => {
		expect(changed({ email: "ada@example.com", phone: "+43 664 1234567" }, { email: null }).name).toBe("ada");
		expect(changed({ name: "Ada", email: "ab@example.com" }, { name: null }).name).toBe("ab");
		expect(pointerOf(() => changed({ name: "Ada" }, { name: null }))).toBe("");
	});

	test("are compared whatever their case and form", () => {
		expect(nameKey("ÄDA")).toBe(nameKey("a\u0308da"));
		expect(cleanName("x".repeat(300))).toHaveLength(255);
		expect(derivedName(undefined, undefined)).toBeNull();
	});
});

test("a new customer is a lead, or what is said", () => {
	expect(made({ name: "Ada" })).toMatchObject({ status: "lead", tags: [], emails: [], liveEmails: undefined });
	expect(made({ name: "Ada", status: "inactive" }).status).toBe("inactive");
	expect(() => changed({ name: "Ada", status: "active" }, { status: "lead" })).toThrow(
		expect.objectContaining({ code: 409, type: "invalid_transition" }),
	);
});

test("null clears what is a list or a map, as it clears a text", () => {
	const full = {
		...{ name: "Ada", tags: ["vip"], emails: ["a@x.example", "b@x.example"], phones: ["+43 664 1234567"] },
		customFields: { plan: "gold" },
	};
	const rules = [
		{ key: "plan", type: "text", options: [], required: false, archived: false, regex: null, searchable: false },
	] as const;
	const rest = { ...context, rules: rules as never };
	const before = newCustomer(full, rest);
	expect(before).toMatchObject({ customFields: { plan: "gold" } });
	const patch = { tags: null, emails: null, phones: null, customFields: null };
	const none = {
		name: "Ada",
		tags: [],
		emails: [],
		phones: [],
		customFields: {},
		fieldKeys: [],
		liveEmails: undefined,
	};
	expect(patchCustomer(before, patch, rest)).toMatchObject(none);
	expect(patchCustomer(before, {}, rest)).toMatchObject({ tags: ["vip"], customFields: { plan: "gold" } });
	const required = { ...context, rules: [{ ...rules[0], required: true }] as never };
	expect(pointerOf(() => patchCustomer(before, { customFields: null }, required))).toBe("/customFields/plan");
});

test("every address is claimed in its normal form", () => {
	expect(made({ emails: ["B@X.example", "a@BÜCHER.example"] }).liveEmails).toEqual([
		"b@x.example",
		"a@xn--bcher-kva.example",
	]);
	expect(changed({ name: "Ada", email: "a@x.example" }, { email: null }).liveEmails).toBeUndefined();
});

test("null clears, absent stays", () => {
	const full: CustomerInput = {
		name: "Ada",
		title: "Dr",
		avatarUrl: "https://example.com/a.png",
		locale: "de-at",
		timeZone: "Europe/Vienna",
		externalId: " crm-1 ",
		tags: ["VIP", "vip"],
	};
	const kept = {
		title: "Dr",
		avatarUrl: "https://example.com/a.png",
		locale: "de-AT",
		timeZone: "Europe/Vienna",
		externalId: "crm-1",
		tags: ["vip"],
	};
	expect(made(full)).toMatchObject(kept);
	expect(changed(full, {})).toMatchObject(kept);
	const cleared = changed(full, {
		title: null,
		avatarUrl: null,
		locale: null,
		timeZone: null,
		externalId: null,
		tags: [],
	});
	expect(cleared).toMatchObject({ title: null, avatarUrl: null, locale: null, timeZone: null, tags: [] });
	expect(cleared.externalId).toBeUndefined();
});

test.each<[CustomerInput, string]>([
	[{ locale: "english_us" }, "/locale"],
	[{ timeZone: "Mars/Olympus" }, "/timeZone"],
	[{ timeZone: "+02:00" }, "/timeZone"],
	[{ avatarUrl: "http://example.com/a.png" }, "/avatarUrl"],
	[{ avatarUrl: "https://user:pw@example.com/a.png" }, "/avatarUrl"],
	[{ avatarUrl: "javascript:alert(1)" }, "/avatarUrl"],
	[{ tags: ["ok", "not ok"] }, "/tags/1"],
	[{ externalId: "  " }, "/externalId"],
	[{ title: "\t" }, "/title"],
	[{ email: "nonsense" }, "/email"],
	[{ phone: "call me" }, "/phone"],
])("%j is refused", (part, pointer) => {
	expect(pointerOf(() => made({ name: "Ada", ...part }))).toBe(pointer);
});
