import { article, customer, type Desk, type DeskTenant, idsOf, make, search, startSearchDesk, ticket } from "./desk.ts";

/* What the search promises, example by example, through the public API. */

let desk: Desk;
let home: DeskTenant;
beforeAll(async () => {
	desk = await startSearchDesk();
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

const customers = (q: string) => search(home.as.agent, "customers", q);
const tickets = (q: string) => search(home.as.owner, "tickets", q);
const articles = (q: string, more = {}) => search(home.as.agent, "knowledge-base", q, more);

test("S1: an accent may be left out, and counts where it is written", async () => {
	const { id } = await customer(home, { name: "José Álvarez", email: "ja@accents.example" });
	const scores: number[] = [];
	for (const q of ["jose", "José", "alv"]) {
		const hit = (await customers(q)).data.find((one) => one.id === id);
		expect(hit).toBeDefined();
		scores.push(hit?.score ?? 0);
	}
	expect(scores[1]).toBeGreaterThanOrEqual(scores[0] as number);
});

test("S2: who has the address comes before who has its words for a name", async () => {
	const named = await customer(home, { name: "Jane Acme", email: "other@elsewhere.example" });
	const exact = await customer(home, { name: "Somebody", email: "jane@acme.io" });
	expect(idsOf(await customers("jane@acme.io"))[0]).toBe(exact.id);
	expect(idsOf(await customers("jane"))).toEqual(expect.arrayContaining([named.id, exact.id]));
});

test("S3: a number is found by its end, with or without the trunk zero", async () => {
	const { id } = await customer(home, { name: "Caller", phone: "+49 30 123456" });
	for (const q of ["123456", "030 123456"]) expect(idsOf(await customers(q))).toContain(id);
});

test("S4: a name that is spelt a little differently comes after the one that is not", async () => {
	const smyth = await customer(home, { name: "Smyth", email: "y@names.example" });
	const smith = await customer(home, { name: "Smith", email: "i@names.example" });
	const found = idsOf(await customers("smith"));
	expect(found[0]).toBe(smith.id);
	expect(found).toContain(smyth.id);
});

test("S5: a query in the path is decoded once", async () => {
	const { id } = await customer(home, { name: "a/b% & c", email: "odd@names.example" });
	const { status, body } = await home.as.agent<{ data: { id: string }[] }>(
		"GET",
		"/customers/search/a%2Fb%25?consistency=wait",
	);
	expect([status, body.data.map((hit) => hit.id)]).toEqual([200, [id]]);
	expect((await home.as.agent("GET", "/customers/search/%2525")).status).toBe(200);
	for (const bad of ["%", "%zz", "%ff"])
		expect((await home.as.agent("GET", `/customers/search/${bad}`)).status).toBe(400);
});

test("S6: the ticket of that number comes before one that has the number in its subject", async () => {
	const { id: customerId } = await customer(home, { name: "Counter", email: "counter@numbers.example" });
	const first = await ticket(home, { subject: "First", customerId });
	await ticket(home, { subject: `${first.number} errors`, customerId });
	for (const q of [String(first.number), `#${first.number}`]) expect(idsOf(await tickets(q))[0]).toBe(first.id);
});

test("S7: a customer finds and counts nothing by what is in an internal note alone", async () => {
	const { id: customerId } = await customer(home, { name: "Curious", email: "curious@notes.example" });
	const { id } = await ticket(home, { subject: "Refund", customerId });
	await make(home.as.owner, `/tickets/${id}/messages`, { body: "He is a quibbler", kind: "internal_note" });
	const own = await home.customer(customerId);
	expect(idsOf(await tickets("quibbler"))).toEqual([id]);
	expect(await search(own, "tickets", "quibbler")).toMatchObject({ data: [], page: { total: 0 }, relaxed: false });
	expect(idsOf(await search(own, "tickets", "refund"))).toEqual([id]);
	const both = await search(own, "tickets", "refund quibbler");
	expect(both.data.flatMap((hit) => [...hit.matchedTerms, JSON.stringify(hit.highlights)]).join()).not.toMatch(
		/quibbler/,
	);
});

test("S8, S9: a hit in the title comes before one in a heading, that before one in the text, and names its section", async () => {
	const body = await article(home, {
		title: "Accounts",
		body: "Here you learn how to reset a password, among others.",
	});
	const heading = await article(home, {
		title: "Signing in",
		body: "How it works.\n\n## First\n\nSomething.\n\n## Reset password\n\nOpen the page.\n",
	});
	const title = await article(home, { title: "Reset password", body: "Open the settings." });
	const { data } = await articles("reset password");
	expect(data.map(({ id }) => id)).toEqual([title.id, heading.id, body.id]);
	expect(data[1]?.anchor).toBe("h-reset-password");
});

test("S10: a slip of the keys finds the word, and that is not relaxed", async () => {
	const { id } = await article(home, { title: "Change the passphrase", body: "Of the keychain." });
	const found = await articles("pasphrase");
	expect([idsOf(found), found.relaxed]).toEqual([[id], false]);
});

test("S11: another form of the word is the same word", async () => {
	const { id } = await article(home, { title: "Run the importer", body: "Once a week." });
	expect(idsOf(await articles("running importers"))).toEqual([id]);
});

test("S12: what is no more, not yet or not for everybody is found, counted and suggested by nobody else", async () => {
	const word = "zirconium";
	const title = `About ${word} crystals`;
	const open = await article(home, { title, body: `All of ${word} crystals.` });
	await article(home, { title, body: `${word} crystals`, status: "draft" });
	const archived = await article(home, { title, body: `${word} crystals` });
	await home.as.owner("POST", `/knowledge-base/articles/${archived.id}/archive`, { body: {} });
	const forCustomers = await article(home, { title, body: `${word} crystals`, visibility: "customers" });
	const forAgents = await article(home, { title, body: `${word} crystals`, visibility: "agents" });
	const { id: customerId } = await customer(home, { name: "Reader", email: "reader@crystals.example" });
	const expected: [string, Awaited<ReturnType<DeskTenant["customer"]>>, string, string[]][] = [
		["anonymous", desk.anonymous, `/help/${home.slug}`, [open.id]],
		["customer", await home.customer(customerId), "/knowledge-base", [open.id, forCustomers.id]],
		["agent", home.as.agent, "/knowledge-base", [open.id, forCustomers.id, forAgents.id]],
	];
	await articles(word);
	for (const [who, client, base, ids] of expected) {
		const found = await client<{ data: { id: string }[]; page: { total: number } }>(
			"GET",
			`${base}/search?q=${word}&count=true`,
		);
		expect([who, found.body.data.map(({ id }) => id).sort(), found.body.page.total]).toEqual([
			who,
			[...ids].sort(),
			ids.length,
		]);
		const suggested = await client<{ data: { id: string }[] }>("POST", `${base}/suggest`, {
			body: { subject: `${word} crystals`, body: "?", limit: 5 },
		});
		expect([who, suggested.body.data.map(({ id }) => id).sort()]).toEqual([who, [...ids].sort()]);
	}
});

test("S13, S14: a phrase is that phrase, and what is excluded is out", async () => {
	const phrase = await article(home, { title: "Two factor sign-in", body: "Use it." });
	const apart = await article(home, { title: "Factor in two things", body: "Think." });
	expect(idsOf(await articles('"two factor"'))).toEqual([phrase.id]);
	expect(idsOf(await articles("two factor"))).toEqual(expect.arrayContaining([phrase.id, apart.id]));
	const login = await article(home, { title: "Login by mail", body: "A link is sent." });
	const sso = await article(home, { title: "Login by SSO", body: "Ask your admin." });
	expect(idsOf(await articles("login"))).toEqual(expect.arrayContaining([login.id, sso.id]));
	expect(idsOf(await articles("login -sso"))).not.toContain(sso.id);
	expect(idsOf(await articles("login -sso"))).toContain(login.id);
});

test("S15: who searches in a language gets it, and is told where an article does not have it", async () => {
	const both = await article(home, { title: "Invoice overview", body: "Everything on invoices.", locale: "en" });
	const put = await home.as.owner("PUT", `/knowledge-base/articles/${both.id}/translations/de`, {
		body: { title: "Rechnungen: Übersicht (Invoice)", body: "Alles zu Rechnungen." },
	});
	expect(put.status).toBeLessThan(300);
	const published = await home.as.owner("POST", `/knowledge-base/articles/${both.id}/publish`, {
		body: { locale: "de" },
	});
	expect(published.status).toBeLessThan(300);
	const only = await article(home, { title: "Invoice archive", body: "Old invoices.", locale: "en" });
	const german = await articles("rechnungen", { locale: "de" });
	expect(german.data).toMatchObject([{ id: both.id, locale: "de", isFallback: false, fallbackLocale: null }]);
	const mixed = await articles("invoice", { locale: "de-AT" });
	expect(
		mixed.data.map(({ id, locale, isFallback, fallbackLocale }) => ({ id, locale, isFallback, fallbackLocale })),
	).toEqual(
		expect.arrayContaining([
			{ id: both.id, locale: "de", isFallback: false, fallbackLocale: null },
			{ id: only.id, locale: "en", isFallback: true, fallbackLocale: "en" },
		]),
	);
	const accepted = await home.as.agent<{ data: { id: string; locale: string }[] }>(
		"GET",
		"/knowledge-base/search?q=invoice",
		{
			headers: { "accept-language": "de;q=0.9, fr;q=0.1" },
		},
	);
	expect(accepted.body.data.find(({ id }) => id === both.id)?.locale).toBe("de");
	expect((await articles("invoice")).data.find(({ id }) => id === both.id)?.locale).toBe("en");
});

test("S16: what somebody wrote as HTML is shown as text", async () => {
	const { id } = await article(home, { title: "Beware of <script>alert(1)</script> snippets", body: "Snippets." });
	const hit = (await articles("snippets")).data.find((one) => one.id === id);
	const shown = JSON.stringify(hit?.highlights);
	expect(shown).toContain("<mark>");
	expect(shown).toContain("&lt;script&gt;");
	expect(shown.replaceAll(/<\/?mark>/g, "")).not.toMatch(/[<>]/);
});

test("S17: two tenants with the same things find their own", async () => {
	const away = await desk.tenant();
	const ids: string[][] = [];
	for (const tenant of [home, away]) {
		const person = await customer(tenant, { name: "Twin Peaks", email: "twin@peaks.example" });
		const opened = await ticket(tenant, { subject: "Twin subject", customerId: person.id });
		const written = await article(tenant, { title: "Twin article" });
		ids.push([person.id, opened.id, written.id]);
	}
	for (const [at, tenant] of [home, away].entries()) {
		const found = [
			...idsOf(await search(tenant.as.owner, "customers", "twin")),
			...idsOf(await search(tenant.as.owner, "tickets", "twin")),
			...idsOf(await search(tenant.as.owner, "knowledge-base", "twin")),
		];
		expect(found).toEqual(ids[at]);
	}
});

test("S18: of two equal articles the one that helped more comes first, but never before a better one", async () => {
	const plain = await article(home, { title: "Gearbox care", body: "Oil the gearbox." });
	const liked = await article(home, { title: "Gearbox care", body: "Oil the gearbox." });
	const mention = await article(home, { title: "Maintenance", body: "Oil it, and the gearbox too." });
	for (let i = 0; i < 12; i++) {
		const { id } = await customer(home, { name: `Voter ${i}`, email: `voter-${i}@gearbox.example` });
		const voter = await home.customer(id);
		for (const one of [liked.id, mention.id]) {
			const rated = await voter("POST", `/knowledge-base/articles/${one}/rate`, { body: { value: "helpful" } });
			expect(rated.status).toBe(200);
		}
	}
	expect(idsOf(await articles("gearbox"))).toEqual([liked.id, plain.id, mention.id]);
});
