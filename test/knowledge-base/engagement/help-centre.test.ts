import { type Desk, type DeskTenant, startDesk } from "../../support/desk.ts";
import { until } from "./desk.ts";

let desk: Desk;
let home: DeskTenant;
beforeAll(async () => {
	desk = await startDesk();
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

async function publish(title: string, body: string): Promise<string> {
	const article = { title, body, status: "published", locale: "en" };
	const { status, body: made } = await home.as.owner<{ id: string }>("POST", "/knowledge-base/articles", {
		body: article,
	});
	expect(status).toBe(201);
	return made.id;
}

interface Counters {
	viewCount: number;
	helpfulCount: number;
	vote: unknown;
}

test("visitors read and vote, told apart by their cookies alone", async () => {
	const id = await publish("Reset the password", "Choose the forgotten password link.");
	const route = `/api/help/${home.slug}/articles/${id}`;
	for (const version of [120, 121, 121]) {
		const headers = {
			"user-agent": `Mozilla/5.0 (X11; Linux x86_64; rv:${version}.0) Gecko/20100101 Firefox/${version}.0`,
		};
		expect((await desk.anonymous("GET", route, { headers })).status).toBe(200);
	}
	const counters = async () => (await home.as.owner<Counters>("GET", `/knowledge-base/articles/${id}`)).body;
	expect((await until(counters, ({ viewCount }) => viewCount > 1)).viewCount).toBe(2);

	const first = await desk.anonymous<Counters>("POST", `${route}/rate`, { body: { helpful: true } });
	expect(first.body).toMatchObject({ helpfulCount: 1, vote: { value: "helpful", locale: "en" } });
	const cookie = (first.headers.get("set-cookie") ?? "").split(";")[0] ?? "";
	const again = await desk.anonymous<Counters>("POST", `${route}/rate`, {
		body: { helpful: true },
		headers: { cookie },
	});
	expect(again.body.helpfulCount).toBe(1);
	expect((await desk.anonymous<Counters>("POST", `${route}/rate`, { body: { helpful: true } })).body.helpfulCount).toBe(
		2,
	);
	const withdrawn = await desk.anonymous<Counters>("DELETE", `${route}/rate`, { headers: { cookie } });
	expect(withdrawn.body).toMatchObject({ helpfulCount: 1, vote: null });
});

test("what the search finds alike is related, and what is suggested can be told of", async () => {
	const id = await publish("Connect the controller to the wireless network", "The router needs a wireless network.");
	const alike = await publish(
		"The wireless network is not found",
		"Look at the router: the controller needs its network.",
	);
	await publish("Ways to pay", "By card, by transfer or by invoice.");
	const related = async () =>
		(await desk.anonymous<{ data: { id: string }[] }>("GET", `/api/help/${home.slug}/articles/${id}/related`)).body
			.data;
	expect((await until(related, (found) => found.length > 0)).map((article) => article.id)).toContain(alike);

	const body = { subject: "wireless network not found", body: "the controller does not find the router" };
	const suggest = `/api/help/${home.slug}/suggest`;
	const { body: suggested } = await desk.anonymous<{ suggestionId: string; data: { id: string }[] }>("POST", suggest, {
		body,
	});
	const articleId = suggested.data[0]?.id;
	expect([id, alike]).toContain(articleId);
	const outcome = `${suggest}/${suggested.suggestionId}/outcome`;
	const told = await desk.anonymous("POST", outcome, { body: { articleId, outcome: "solved" } });
	expect([told.status, told.body]).toMatchObject([200, { outcome: "solved", articleId }]);
	const { body: analytics } = await home.as.supervisor("GET", "/knowledge-base/analytics");
	expect(analytics).toMatchObject({ deflection: { suggestions: 1, solved: 1, rate: 1 } });
});
