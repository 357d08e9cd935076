import {
	type Client,
	customer,
	type Desk,
	type DeskTenant,
	idsOf,
	make,
	type Results,
	search,
	startSearchDesk,
	ticket,
} from "./desk.ts";

/* Nobody learns of anything by searching that reading would not have told. */

let desk: Desk;
let home: DeskTenant;
beforeAll(async () => {
	desk = await startSearchDesk();
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

const nothing = { data: [], page: { total: 0, hasMore: false, nextCursor: null } };

/** Everything of an answer that could tell something. */
const told = ({ data }: Results) =>
	JSON.stringify(data.map(({ highlights, matchedTerms }) => [highlights, matchedTerms]));

async function second(tenant: DeskTenant): Promise<{ groupId: string; agent: Client; id: string }> {
	const { id: groupId } = await make(tenant.as.owner, "/groups", { name: "Second line" });
	const { id } = await make(tenant.as.owner, "/users", {
		name: "Second agent",
		email: `second@${tenant.slug}.example`,
		role: "agent",
		groupIds: [groupId],
	});
	const { token } = await make<{ id: string; token: string }>(tenant.as.owner, "/tokens", {
		name: "second",
		userId: id,
	});
	return { groupId, agent: desk.client(token), id };
}

describe("tickets", () => {
	test("agents find those of their groups, and those they are given or follow, as soon as that is so", async () => {
		const other = await second(home);
		const { id: customerId } = await customer(home, { name: "Scope", email: "scope@scope.example" });
		const mine = await ticket(home, { subject: "Heliograph jammed", customerId, groupId: home.groupId });
		const theirs = await ticket(home, { subject: "Heliograph broken", customerId, groupId: other.groupId });
		const find = async (client: Client) => idsOf(await search(client, "tickets", "heliograph")).sort();
		expect(await find(home.as.owner)).toEqual([mine.id, theirs.id].sort());
		expect(await find(home.as.agent)).toEqual([mine.id]);
		expect(await find(home.as.viewer)).toEqual([mine.id]);
		expect(await find(other.agent)).toEqual([theirs.id]);
		expect((await search(other.agent, "tickets", "jammed")).page.total).toBe(0);
		await home.as.owner("PATCH", `/tickets/${mine.id}`, { body: { groupId: other.groupId } });
		expect([await find(home.as.agent), await find(other.agent)]).toEqual([[], [mine.id, theirs.id].sort()]);
		await home.as.owner("POST", `/tickets/${mine.id}/followers`, { body: { userId: home.userIds.agent } });
		expect(await find(home.as.agent)).toEqual([mine.id]);
		await home.as.owner("DELETE", `/tickets/${mine.id}`);
		expect(await find(home.as.owner)).toEqual([theirs.id]);
		await home.as.owner("POST", `/tickets/${mine.id}/restore`, { body: {} });
		expect(await find(home.as.owner)).toEqual([mine.id, theirs.id].sort());
	});

	test("customers find their own by what they are shown, not by tags, custom fields or filters of the desk", async () => {
		await make(home.as.owner, "/custom-fields", {
			target: "ticket",
			key: "serial",
			label: "S",
			type: "text",
			searchable: true,
		});
		const { id: customerId } = await customer(home, { name: "Cleo", email: "cleo@scope.example" });
		const { id: strangerId } = await customer(home, { name: "Stan", email: "stan@scope.example" });
		const fields = { customerId, tags: ["opsblue"], customFields: { serial: "serialblue" } };
		const own = await ticket(home, { subject: "Parcel is late", description: "Where is it?", ...fields });
		const cleo = await home.customer(customerId);
		const stan = await home.customer(strangerId);
		for (const q of ["opsblue", "serialblue", "tags:opsblue"]) {
			expect(idsOf(await search(home.as.owner, "tickets", q))).toEqual([own.id]);
			const { status, body } = await cleo<Results>("GET", `/tickets/search?q=${q}&count=true`);
			expect(status === 400 || body.page.total === 0).toBe(true);
		}
		expect(idsOf(await search(cleo, "tickets", "parcel"))).toEqual([own.id]);
		expect(await search(stan, "tickets", "parcel")).toMatchObject(nothing);
		// Who has it a customer is shown; its tags make no difference to what the customer finds.
		const outcome = async (q: string) => {
			const { status, body } = await cleo<Results>("GET", `/tickets/search?count=true&q=${encodeURIComponent(q)}`);
			return [status, body.data?.length, body.page?.total, body.relaxed];
		};
		for (const [right, wrong] of [
			["tag:opsblue", "tag:opsred"],
			["tags:opsblue", "tags:opsred"],
		])
			expect([right, await outcome(`parcel ${right}`)]).toEqual([right, await outcome(`parcel ${wrong}`)]);
		for (const filter of ["tag=opsblue", "groupId=none", "assigneeId=none"])
			expect((await cleo("GET", `/tickets/search?q=parcel&${filter}`)).status).toBe(400);
		expect((await cleo("GET", "/tickets/search?q=parcel&status=new,open")).status).toBe(200);
	});

	test("readers without personal data do not find a ticket by its requester's address", async () => {
		const { id: customerId } = await customer(home, { email: "vera.veiled@hidden.example" });
		const { id } = await ticket(home, { subject: "Curtain", customerId, groupId: home.groupId });
		for (const q of ["vera.veiled@hidden.example", "vera.veiled", "veiled"]) {
			expect(idsOf(await search(home.as.agent, "tickets", q))).toEqual([id]);
			expect(await search(home.as.viewer, "tickets", q)).toMatchObject(nothing);
		}
		const seen = await search(home.as.viewer, "tickets", "curtain");
		expect(idsOf(seen)).toEqual([id]);
		expect(JSON.stringify(seen)).not.toContain("vera.veiled");
	});

	test("an integration finds what its scopes let it read", async () => {
		const { token } = await make<{ id: string; token: string }>(home.as.owner, "/tokens", {
			name: "reader",
			scopes: ["tickets.read"],
		});
		const { id: customerId } = await customer(home, { name: "Integra", email: "integra@scope.example" });
		const { id } = await ticket(home, { subject: "Integration", customerId });
		await make(home.as.owner, `/tickets/${id}/messages`, { body: "notebound", kind: "internal_note" });
		const reader = desk.client(token);
		expect(idsOf(await search(reader, "tickets", "integration"))).toEqual([id]);
		expect(await search(reader, "tickets", "notebound")).toMatchObject(nothing);
		expect(await search(reader, "tickets", "integra@scope.example")).toMatchObject(nothing);
		expect((await reader("GET", "/customers/search?q=integra")).status).toBe(403);
		expect((await reader("GET", "/knowledge-base/search?q=integra")).status).toBe(403);
	});
});

describe("customers", () => {
	test("viewers find nobody by what they see masked, and see nothing of it", async () => {
		const { id } = await customer(home, {
			name: "Nora Noble",
			email: "nora.secret@masked.example",
			phone: "+49 30 7654321",
			externalId: "nora.secret@masked.example",
		});
		await make(home.as.owner, `/customers/${id}/notes`, { body: "Prefers whispernote" });
		for (const q of ["nora.secret@masked.example", "secret", "7654321", "whispernote"]) {
			expect(idsOf(await search(home.as.agent, "customers", q))).toContain(id);
			expect(await search(home.as.viewer, "customers", q)).toMatchObject(nothing);
		}
		const seen = await search(home.as.viewer, "customers", "noble");
		expect(idsOf(seen)).toEqual([id]);
		expect(JSON.stringify(seen)).not.toMatch(/secret|7654321|whispernote/);
		expect(told(seen)).toContain("<mark>Noble</mark>");
	});

	test("a customer's own token finds itself alone, by its own profile", async () => {
		const { id } = await customer(home, { name: "Own Person", email: "own@scope.example", tags: ["ownvip"] });
		await customer(home, { name: "Other Person", email: "other@scope.example" });
		const own = await home.customer(id);
		const found = await search(own, "customers", "person");
		expect([idsOf(found), found.page.total]).toEqual([[id], 1]);
		expect(await search(own, "customers", "other")).toMatchObject(nothing);
		expect(await search(own, "customers", "ownvip")).toMatchObject(nothing);
		expect((await own("GET", "/customers/search?q=person&tag=ownvip")).status).toBe(403);
	});

	test("a deleted customer is found by nobody, a restored one again", async () => {
		const { id } = await customer(home, { name: "Gone Girl", email: "gone@scope.example" });
		expect(idsOf(await search(home.as.owner, "customers", "gone girl"))).toContain(id);
		await home.as.owner("DELETE", `/customers/${id}`);
		expect(await search(home.as.owner, "customers", '"gone girl"')).toMatchObject(nothing);
		await home.as.owner("POST", `/customers/${id}/restore`, { body: {} });
		expect(idsOf(await search(home.as.owner, "customers", '"gone girl"'))).toEqual([id]);
	});
});

test("another tenant finds nothing, and strangers are not let in", async () => {
	const away = await desk.tenant();
	const { id: customerId } = await customer(home, { name: "Isolde", email: "isolde@scope.example" });
	await ticket(home, { subject: "Isolde's ticket", customerId });
	expect(idsOf(await search(home.as.owner, "tickets", "isolde")).length).toBe(1);
	for (const what of ["customers", "tickets", "knowledge-base"] as const) {
		expect(await search(away.as.owner, what, "isolde")).toMatchObject(nothing);
		expect((await desk.anonymous("GET", `/${what}/search?q=isolde`)).status).toBe(401);
		expect((await desk.platform("GET", `/${what}/search?q=isolde`)).status).toBe(403);
	}
	expect((await desk.anonymous("GET", "/help/no-such-tenant/search?q=x")).status).toBe(404);
});
