import { article, type Desk, type DeskTenant, search, startSearchDesk } from "./desk.ts";

let desk: Desk;
let home: DeskTenant;
beforeAll(async () => {
	desk = await startSearchDesk();
	home = await desk.tenant();
}, 60_000);
afterAll(() => desk?.stop());

interface Suggestion {
	suggestionId: string | null;
	data: { id: string; title: string; matchedTerms: string[]; locale: string }[];
	degraded?: true;
}

const suggest = async (body: object, client = home.as.agent) => {
	const answer = await client<Suggestion>("POST", "/knowledge-base/suggest", { body });
	expect(answer.status).toBe(200);
	return answer.body;
};

test("what somebody writes leads to articles that share at least two of its words, best first", async () => {
	const refund = await article(home, {
		title: "Refund of a cancelled subscription",
		body: "How to get a refund when you cancelled the subscription too late.",
	});
	await article(home, { title: "Subscription plans", body: "Small, medium, large." });
	await article(home, { title: "Office hours", body: "Monday to Friday." });
	await search(home.as.agent, "knowledge-base", "refund");
	const { suggestionId, data, degraded } = await suggest({
		subject: "Refund please",
		body: "I cancelled my subscription yesterday and want my money back.",
		limit: 5,
	});
	expect(data[0]?.id).toBe(refund.id);
	for (const { matchedTerms } of data) expect(new Set(matchedTerms).size).toBeGreaterThanOrEqual(2);
	expect([typeof suggestionId, degraded]).toEqual(["string", undefined]);
	expect((await suggest({ subject: "Refund subscription cancelled", limit: 1 })).data.length).toBe(1);
	expect((await suggest({ subject: "", body: "" })).data).toEqual([]);
	expect((await suggest({})).data).toEqual([]);
	expect((await suggest({ subject: '"(*-', body: "🙂".repeat(1000) })).data).toEqual([]);
	const told = await home.as.agent("POST", `/knowledge-base/suggest/${suggestionId}/outcome`, {
		body: { articleId: refund.id, outcome: "solved" },
	});
	expect(told.status).toBeLessThan(300);
});

test("a language and a limit are what they can be", async () => {
	for (const body of [
		{ limit: 6 },
		{ limit: 0 },
		{ locale: "no language" },
		{ subject: 1 },
		{ subject: "x".repeat(1025) },
	])
		expect((await home.as.agent("POST", "/knowledge-base/suggest", { body })).status).toBe(422);
});

test("without the knowledge base there is no suggestion, and no error", async () => {
	await search(home.as.agent, "knowledge-base", "refund");
	await desk.app.broker.destroyService("knowledge-base");
	const nothing = { suggestionId: null, data: [], degraded: true };
	expect(await suggest({ subject: "Refund of my subscription", body: "cancelled" })).toEqual(nothing);
	const searched = await home.as.agent("GET", "/knowledge-base/search?q=refund");
	expect(searched.status).toBe(503);
	expect((await home.as.agent("GET", "/tickets/search?q=refund")).status).toBe(200);
});
