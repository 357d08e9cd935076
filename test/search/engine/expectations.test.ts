import type {
	SearchDocuments,
	SearchIndex,
	SearchQuery,
	SearchResult,
} from "../../../services/search/engine/index-types.ts";
import { openSearchIndex } from "../../../services/search/engine/search-index.ts";
import { AGENTS, ALL_CUSTOMERS, article, body, customer, PUBLIC, STAFF, TENANT, ticket } from "./documents.ts";

/* What the search promises, case by case. */

let index: SearchIndex;
beforeEach(() => {
	index = openSearchIndex({ file: ":memory:" });
});
afterEach(() => index.close());

const customers = (query: string, more: Partial<SearchQuery<"customer">> = {}) =>
	index.search({ kind: "customer", tenantId: TENANT, query, scope: ALL_CUSTOMERS, limit: 20, count: true, ...more });
const tickets = (query: string, more: Partial<SearchQuery<"ticket">> = {}) =>
	index.search({ kind: "ticket", tenantId: TENANT, query, scope: STAFF, limit: 20, count: true, ...more });
const articles = (query: string, more: Partial<SearchQuery<"article">> = {}) =>
	index.search({
		kind: "article",
		tenantId: TENANT,
		query,
		scope: PUBLIC,
		locale: "en",
		limit: 20,
		count: true,
		...more,
	});
const ids = ({ hits }: SearchResult) => hits.map(({ id }) => id);
const CUSTOMER = { kind: "customerAudience", words: ["c:customer-1"] } as const;

describe("customers", () => {
	it("are found with or without accents and by the beginning of a name (S1)", () => {
		index.put("customer", [customer("jose", { name: "José Álvarez" }), customer("other", { name: "Ann" })]);
		for (const query of ["jose", "José", "alv", "ÁLVAREZ", "jose alv"]) expect(ids(customers(query))).toEqual(["jose"]);
		const [plain, accented] = [customers("jose").hits[0], customers("José").hits[0]];
		expect(accented?.score).toBeGreaterThanOrEqual(plain?.score ?? 0);
	});

	it("rank higher if the accents are those asked for", () => {
		index.put("customer", [customer("plain", { name: "Jose" }), customer("accented", { name: "José" })]);
		expect(ids(customers("José"))).toEqual(["accented", "plain"]);
		expect(ids(customers("jose"))).toEqual(["plain", "accented"]);
	});

	it("come first by the exact e-mail address (S2)", () => {
		const jane = customer("address", { name: "J.", emails: ["jane@acme.io"] });
		index.put("customer", [jane, customer("name", { name: "Jane Acme" }), customer("named", { name: "Jane Acme Io" })]);
		expect(ids(customers("jane@acme.io"))[0]).toBe("address");
		expect(ids(customers("JANE@ACME.IO"))[0]).toBe("address");
		expect(ids(customers("jane"))).toContain("address");
	});

	it.each([
		"123456",
		"030 123456",
		"+49 30 123456",
		"0049 30 123456",
		"3456",
		"+4930123456",
		"(030) 123-456",
		"30-123456",
	])("are found by the end of a telephone number: %s (S3)", (query) => {
		index.put("customer", [
			customer("phone", { name: "P", phones: ["+49 30 123456", "+4930123456"] }),
			customer("other", { name: "Q", phones: ["+49 30 999999"] }),
		]);
		expect(ids(customers(query))).toEqual(["phone"]);
	});

	it("are not found by fewer than four last digits", () => {
		index.put("customer", [customer("phone", { phones: ["+4930123456"] })]);
		expect(ids(customers("456"))).toEqual([]);
	});

	it("are found by a name spelled almost so, below the one spelled so (S4)", () => {
		index.put("customer", [customer("smyth", { name: "Smyth" }), customer("smith", { name: "Smith" })]);
		const found = customers("smith");
		expect(ids(found)).toEqual(["smith", "smyth"]);
		expect(found.hits[1]?.score).toBeCloseTo((found.hits[0]?.score ?? 0) / 2, 10);
	});

	it("take any text as a query (S5)", () => {
		index.put("customer", [customer("odd", { name: "a/b%" })]);
		expect(ids(customers("a/b%"))).toEqual(["odd"]);
	});

	it("are found by an external id of any form", () => {
		index.put("customer", [customer("a", { externalId: "CRM-42/7" }), customer("b", { externalId: "4711" })]);
		expect(ids(customers("crm-42/7"))).toEqual(["a"]);
		expect(ids(customers("4711"))).toEqual(["b"]);
	});

	it("give a masked reader nothing personal", () => {
		index.put("customer", [
			customer("c", {
				name: "jane.doe",
				masked: ["name", "externalId"],
				externalId: "jane-77",
				emails: ["jane.doe@acme.io"],
				phones: ["+4930123456"],
				notes: ["called twice"],
				companies: ["Acme"],
			}),
		]);
		for (const query of ["jane", "jane.doe@acme.io", "123456", "jane-77", "twice", "email:jane"]) {
			expect(ids(customers(query))).toEqual(["c"]);
			expect(customers(query, { reader: "masked" })).toMatchObject({ hits: [], total: 0 });
		}
		expect(Object.keys(customers("acme", { reader: "masked" }).hits[0]?.highlights ?? {})).toEqual(["companies"]);
	});
});

describe("tickets", () => {
	it("come first by their number (S6)", () => {
		index.put("ticket", [
			ticket("errors", { number: 7, subject: "42 errors 42 42" }),
			ticket("number", { number: 42, subject: "Hello" }),
		]);
		for (const query of ["42", "#42"]) expect(ids(tickets(query))).toEqual(["number", "errors"]);
		expect(ids(tickets("4"))).not.toContain("number");
	});

	it("are not found by customers through what only staff sees (S7)", () => {
		index.put("ticket", [
			ticket("t", { subject: "Hello", internalNotes: ["blacklisted"], tags: ["angry"], custom: ["platinum"] }),
		]);
		for (const query of [
			"blacklisted",
			"blacklsited",
			"black",
			"angry",
			"platinum",
			"tags:angry",
			"note:blacklisted",
		]) {
			expect(ids(tickets(query))).toEqual(["t"]);
			expect(tickets(query, { scope: CUSTOMER })).toEqual({ hits: [], total: 0, relaxed: false, nextKey: null });
		}
		const hit = tickets("hello blacklisted", { scope: CUSTOMER });
		expect(hit.hits[0]?.matchedTerms).toEqual(["hello"]);
		expect(hit.hits[0]?.highlights).toEqual({ subject: ["<mark>Hello</mark>"] });
	});

	it("are the same to a customer whatever a note says", () => {
		index.put("ticket", [ticket("a", { subject: "printer" }), ticket("b", { subject: "printer", internalNotes: [] })]);
		const before = tickets("printer ink", { scope: CUSTOMER });
		index.put("ticket", [ticket("b", { version: 2, subject: "printer", internalNotes: ["printer ink ink"] })]);
		expect(tickets("printer ink", { scope: CUSTOMER })).toEqual(before);
	});

	it("cannot be filtered by customers by what only staff sees", () => {
		expect(() => tickets("hello", { scope: CUSTOMER, filters: { tags: { eq: "angry" } } })).toThrow(
			expect.objectContaining({ code: 400, type: "invalid_filter" }),
		);
	});

	it("hide notes from whoever may not read them", () => {
		index.put("ticket", [ticket("t", { internalNotes: ["secret"] })]);
		expect(tickets("secret", { scope: { ...STAFF, notes: false } }).total).toBe(0);
	});
});

describe("articles", () => {
	const inBody = (id: string, text: string) => article(id, { title: "Something", sections: body(text) });

	it("come first if the words are in the title (S8)", () => {
		index.put("article", [
			inBody("body", "reset password ".repeat(40)),
			article("title", { title: "How to reset a password when signing in from a new telephone", sections: body("x") }),
		]);
		expect(ids(articles("reset password"))).toEqual(["title", "body"]);
	});

	it("come before others by a heading, with the anchor of its section (S9)", () => {
		const sections = [
			{ heading: null, anchor: null, text: "Introduction." },
			{ heading: "Install", anchor: "install", text: "Run the installer." },
			{ heading: "Reset password", anchor: "reset-password", text: "Open settings." },
		];
		index.put("article", [
			inBody("body", "reset password reset password"),
			article("heading", { title: "Guide", sections }),
		]);
		const found = articles("reset password");
		expect(ids(found)).toEqual(["heading", "body"]);
		expect(found.hits[0]?.anchor).toBe("reset-password");
		expect(found.hits[1]).not.toHaveProperty("anchor");
		expect(articles("installer").hits[0]?.anchor).toBe("install");
	});

	it("are found in spite of a mistake, which is not called relaxed (S10)", () => {
		index.put("article", [
			article("password", { title: "Change your password" }),
			article("other", { title: "Invoices" }),
		]);
		const found = articles("passwrod");
		expect(ids(found)).toEqual(["password"]);
		expect(found.relaxed).toBe(false);
		expect(found.hits[0]?.highlights).toEqual({ title: ["Change your <mark>password</mark>"] });
		expect(found.hits[0]?.matchedTerms).toEqual(["passwrod"]);
	});

	it.each([
		["en", "running", "run"],
		["en", "run", "running"],
		["de", "Rechnungen", "Rechnung"],
		["fr", "installations", "installation"],
		["es", "usuarios", "usuario"],
	])("are found by another ending of the word: %s %s (S11)", (locale, query, word) => {
		index.put("article", [article("stem", { locale, defaultLocale: locale, title: word })]);
		expect(ids(articles(query, { locale }))).toEqual(["stem"]);
	});

	it("rank the ending that was asked for first", () => {
		index.put("article", [article("run", { title: "run" }), article("running", { title: "running" })]);
		expect(ids(articles("running"))).toEqual(["running", "run"]);
	});

	it("outside the scope are in no hit, total, suggestion or relation (S12)", () => {
		index.put("article", [
			article("agents", {
				visibility: "agents",
				title: "Refund policy fraud",
				sections: body("refund fraud chargeback"),
			}),
			article("public", { title: "Refund", sections: body("refund payment") }),
		]);
		expect(articles("fraud")).toEqual({ hits: [], total: 0, relaxed: false, nextKey: null });
		expect(articles("refund")).toMatchObject({ hits: [{ id: "public" }], total: 1 });
		expect(articles("refund", { scope: AGENTS }).total).toBe(2);
		const suggestion = {
			tenantId: TENANT,
			subject: "refund fraud",
			body: "chargeback refund payment",
			locale: "en",
			limit: 5,
		};
		expect(index.suggest({ ...suggestion, scope: PUBLIC }).map(({ id }) => id)).toEqual(["public"]);
		expect(index.suggest({ ...suggestion, scope: AGENTS }).map(({ id }) => id)).toContain("agents");
		expect(index.related({ tenantId: TENANT, articleId: "agents", scope: PUBLIC, limit: 5 })).toEqual([]);
	});

	it("with an exact phrase only (S13)", () => {
		index.put("article", [inBody("phrase", "Use two factor sign-in"), inBody("words", "a factor of two")]);
		expect(ids(articles('"two factor"'))).toEqual(["phrase"]);
		expect(ids(articles("two factor"))).toHaveLength(2);
	});

	it("without a word that is not wanted (S14)", () => {
		index.put("article", [inBody("login", "login with password"), inBody("sso", "login with sso")]);
		expect(ids(articles("login -sso"))).toEqual(["login"]);
		expect(ids(articles('login -"with password"'))).toEqual(["sso"]);
	});

	it("in the language asked for, else in their own, which is said (S15)", () => {
		const both = { id: "both", tags: ["api"] };
		index.put("article", [
			article("both", { ...both, locale: "en", title: "Webhook" }),
			article("both", { ...both, locale: "de", title: "Webhook einrichten" }),
			article("english", { title: "Webhook retries" }),
		]);
		const found = articles("webhook", { locale: "de" });
		expect(found.total).toBe(2);
		const byId = Object.fromEntries(found.hits.map((hit) => [hit.id, hit]));
		expect(byId.both?.locale).toBe("de");
		expect(byId.both).not.toHaveProperty("fallbackLocale");
		expect(byId.english).toMatchObject({ locale: "en", fallbackLocale: "en" });
		expect(ids(articles("einrichten"))).toEqual([]);
		expect(articles("einrichten", { locale: ["de-AT", "en"] }).hits[0]).toMatchObject({ id: "both", locale: "de" });
		expect(
			articles("webhook", { locale: ["fr", "de"] })
				.hits.map(({ locale }) => locale)
				.sort(),
		).toEqual(["de", "en"]);
	});

	it("with HTML in the title are told as text (S16)", () => {
		index.put("article", [article("x", { title: '<script>alert("x")</script> & login' })]);
		expect(articles("login script").hits[0]?.highlights.title).toEqual([
			"&lt;<mark>script</mark>&gt;alert(&quot;x&quot;)&lt;/<mark>script</mark>&gt; &amp; <mark>login</mark>",
		]);
	});

	it("that are popular come first among equals, but not before a title that matches (S18)", () => {
		const sections = body("export data as a spreadsheet");
		index.put("article", [
			article("plain", { title: "Data", sections }),
			article("popular", { title: "Data", sections, views30d: 1000, wilson: 0.95 }),
		]);
		expect(ids(articles("spreadsheet"))).toEqual(["popular", "plain"]);
		const [popular, plain] = articles("spreadsheet").hits;
		expect(popular?.score).toBeCloseTo((plain?.score ?? 0) * (1 + 0.1 * Math.log10(1001) + 0.2 * 0.95), 10);
		const heading = [{ heading: "Spreadsheet", anchor: "s", text: "spreadsheet ".repeat(30) }];
		index.put("article", [
			article("title", { title: "The spreadsheet" }),
			article("very-popular", { title: "Data", sections: heading.slice(0, 1), views30d: 1e7, wilson: 1 }),
			article("body", { title: "Data", sections: body("spreadsheet ".repeat(30)), views30d: 1e7, wilson: 1 }),
		]);
		const order = ids(articles("spreadsheet"));
		expect(order.indexOf("title")).toBeLessThan(order.indexOf("body"));
	});
});

describe("tenants", () => {
	it("share no entry, word or count (S17)", () => {
		const documents: SearchDocuments["ticket"][] = ["a", "b"].map((tenantId) =>
			ticket(`of-${tenantId}`, { tenantId, subject: "shared words" }),
		);
		index.put("ticket", [...documents, ticket("more", { tenantId: "b", subject: "shared" })]);
		expect(tickets("shared", { tenantId: "a" })).toMatchObject({ hits: [{ id: "of-a" }], total: 1 });
		expect(tickets("shared", { tenantId: "b" }).total).toBe(2);
		expect(tickets("shared", { tenantId: "unknown" })).toEqual({ hits: [], total: 0, relaxed: false, nextKey: null });
		index.remove("ticket", "a", ["more"]);
		expect(tickets("shared", { tenantId: "b" }).total).toBe(2);
	});
});

describe("suggestions", () => {
	it("need two words in common and a third of what the best has", () => {
		index.put("article", [
			article("best", { title: "Reset your password", sections: body("Forgotten password reset link by mail") }),
			article("one", { title: "Reset the router", sections: body("Plug it in") }),
			article("weak", { title: "Billing", sections: body("link to your mail") }),
		]);
		const found = index.suggest({
			tenantId: TENANT,
			subject: "Password reset does not work",
			body: "I forgot it and the link in the mail is dead",
			locale: "en",
			scope: PUBLIC,
			limit: 5,
		});
		expect(found.map(({ id }) => id)).toEqual(["best"]);
		expect(found[0]?.matchedTerms).toEqual(expect.arrayContaining(["password", "reset"]));
	});

	it("are none for a text without known words", () => {
		index.put("article", [article("a", { title: "Reset" })]);
		const query = { tenantId: TENANT, locale: "en", scope: PUBLIC, limit: 5 };
		for (const text of ["", "zzz qqq", "!!! 😀", "the of and"]) {
			expect(index.suggest({ ...query, subject: text, body: text })).toEqual([]);
		}
	});
});

describe("related articles", () => {
	it("have the most telling words in common, and never the article itself", () => {
		index.put("article", [
			article("a", { title: "Import contacts", sections: body("spreadsheet columns mapping") }),
			article("b", { title: "Export contacts", sections: body("spreadsheet columns download") }),
			article("c", { title: "Invoices", sections: body("tax payment") }),
		]);
		const found = index.related({ tenantId: TENANT, articleId: "a", scope: PUBLIC, limit: 5, locale: "en" });
		expect(found.map(({ id }) => id)).toEqual(["b"]);
	});
});
