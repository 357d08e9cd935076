import fc from "fast-check";
import type { Caller } from "../../../contracts/caller.ts";
import { listVotes, rateArticle, withdrawRating } from "../../../contracts/knowledge-base-engagement.ts";
import { articleVoted } from "../../../contracts/knowledge-base-events.ts";
import { newId } from "../../../lib/ids.ts";
import { wilsonLowerBound } from "../../../services/knowledge-base/engagement/wilson.ts";
import { customer, service, staff, tenant } from "../../support/callers.ts";
import { atOnce, customerOf, type EngagementDesk, engagementDesk, refusalOf, visitor } from "./desk.ts";

let desk: EngagementDesk;
beforeAll(async () => {
	desk = await engagementDesk();
});
afterAll(() => desk?.stop());

const rate = (id: string, value: "helpful" | "not_helpful", caller: Caller, more: object = {}) =>
	desk.call(rateArticle, { id, value, ...more }, caller);
const withdraw = (id: string, caller: Caller) => desk.call(withdrawRating, { id }, caller);

describe("a vote", () => {
	test("is answered with the counters and is changed by the next", async () => {
		const id = await desk.article();
		const cora = customerOf(desk.home);
		expect(await rate(id, "helpful", cora, { comment: " Thanks! " })).toEqual({
			id,
			viewCount: 0,
			helpfulCount: 1,
			notHelpfulCount: 0,
			score: wilsonLowerBound(1, 0),
			vote: { value: "helpful", comment: "Thanks!", locale: "en", counted: true, at: desk.clock.now().toISOString() },
		});
		const changed = await rate(id, "not_helpful", cora);
		expect(changed).toMatchObject({ helpfulCount: 0, notHelpfulCount: 1, score: 0, vote: { comment: null } });
		expect(await withdraw(id, cora)).toMatchObject({ helpfulCount: 0, notHelpfulCount: 0, score: 0, vote: null });
		expect(await withdraw(id, cora)).toMatchObject({ helpfulCount: 0, notHelpfulCount: 0, vote: null });
		const events = await desk.events(articleVoted, id, 3);
		expect(events.map(({ data }) => [data.previous, data.value, data.helpfulCount, data.notHelpfulCount])).toEqual([
			[null, "helpful", 1, 0],
			["helpful", "not_helpful", 0, 1],
			["not_helpful", null, 0, 0],
		]);
		expect(new Set(events.map(({ data }) => data.locale))).toEqual(new Set(["en"]));
	});

	test("keeps its words when it is only said again, and has the new ones otherwise", async () => {
		const id = await desk.article();
		const cora = customerOf(desk.home);
		await rate(id, "helpful", cora, { comment: "First" });
		expect((await rate(id, "helpful", cora)).vote?.comment).toBe("First");
		expect((await rate(id, "helpful", cora, { comment: "Second" })).vote?.comment).toBe("Second");
		expect((await rate(id, "helpful", cora, { comment: null })).vote?.comment).toBeNull();
		expect(await desk.events(articleVoted, id, 1)).toHaveLength(1);
	});

	test("may come in the older form", async () => {
		const id = await desk.article();
		const caller = visitor(desk.home);
		expect(await desk.call(rateArticle, { id, helpful: false }, caller)).toMatchObject({ notHelpfulCount: 1 });
		expect(await desk.call(rateArticle, { id, helpful: true }, caller)).toMatchObject({ helpfulCount: 1 });
		expect(await refusalOf(desk.call(rateArticle, { id }, caller))).toEqual({
			status: "422 validation_failed",
			at: "/value",
		});
		const long = { comment: "x".repeat(2001) };
		expect(await refusalOf(rate(id, "helpful", caller, long))).toMatchObject({ at: "/comment" });
	});

	test("is no edit of the article", async () => {
		const id = await desk.article();
		const before = await desk.events(articleVoted, id, 0);
		await rate(id, "helpful", customerOf(desk.home));
		const [event] = await desk.events(articleVoted, id, before.length + 1);
		expect(event?.sequence).toBe(1);
	});

	test("repeated with its Idempotency-Key takes effect once", async () => {
		const id = await desk.article();
		const cora = customerOf(desk.home);
		const meta = { commandId: newId() };
		const first = await desk.call(rateArticle, { id, value: "helpful" }, cora, meta);
		await withdraw(id, cora);
		expect(await desk.call(rateArticle, { id, value: "helpful" }, cora, meta)).toEqual(first);
		expect(await desk.counters(id)).toMatchObject({ helpfulCount: 0 });
	});
});

describe("at once", () => {
	test("twenty of one voter are one vote", async () => {
		const id = await desk.article();
		const cora = customerOf(desk.home);
		const settled = await Promise.allSettled(
			Array.from({ length: 20 }, (_, i) => rate(id, i % 2 ? "helpful" : "not_helpful", cora)),
		);
		expect(settled.filter((one) => one.status === "fulfilled")).toHaveLength(10);
		const { helpfulCount, notHelpfulCount } = await desk.counters(id);
		expect(helpfulCount + notHelpfulCount).toBe(1);
		expect((await desk.call(listVotes, { id }, desk.as.agent)).data).toHaveLength(1);
	});

	test("twenty of twenty voters are twenty, in events too", async () => {
		const id = await desk.article();
		await atOnce(20, (i) => rate(id, i % 4 ? "helpful" : "not_helpful", customerOf(desk.home)));
		expect(await desk.counters(id)).toMatchObject({
			helpfulCount: 15,
			notHelpfulCount: 5,
			score: wilsonLowerBound(15, 5),
		});
		const events = await desk.events(articleVoted, id, 20);
		const sums = events.map(({ data }) => data.helpfulCount + data.notHelpfulCount);
		expect(sums).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
	});
});

describe("who reads an article", () => {
	test("may vote on it, and nobody else", async () => {
		const draft = await desk.article({ status: "draft" });
		const forCustomers = await desk.article({ visibility: "customers" });
		const forAgents = await desk.article({ visibility: "agents" });
		const nobodys = { status: "404 not_found" };
		const [cora, someone] = [customerOf(desk.home), visitor(desk.home)];
		expect(await refusalOf(rate(draft, "helpful", cora))).toEqual(nobodys);
		expect(await refusalOf(rate(forAgents, "helpful", cora))).toEqual(nobodys);
		expect(await refusalOf(rate(forCustomers, "helpful", someone))).toEqual(nobodys);
		expect(await refusalOf(withdraw(forCustomers, someone))).toEqual(nobodys);
		expect(await refusalOf(rate(newId(), "helpful", cora))).toEqual(nobodys);
		expect(await rate(forCustomers, "helpful", cora)).toMatchObject({ helpfulCount: 1 });
	});

	test("is of the same tenant", async () => {
		const id = await desk.article();
		const other = tenant();
		for (const caller of [desk.as.stranger, customer(other, "c1"), visitor(other)]) {
			expect(await refusalOf(rate(id, "helpful", caller))).toEqual({ status: "404 not_found" });
			expect(await refusalOf(withdraw(id, caller))).toEqual({ status: "404 not_found" });
		}
		expect(await refusalOf(desk.call(listVotes, { id }, desk.as.stranger))).toEqual({ status: "404 not_found" });
	});

	test("is a person that can be told apart", async () => {
		const id = await desk.article();
		expect((await refusalOf(rate(id, "helpful", service(desk.home, ["*"])))).status).toBe("403 forbidden");
		expect((await refusalOf(rate(id, "helpful", visitor(desk.home, null)))).status).toBe("403 forbidden");
	});

	test("of the desk is heard but not counted, unless the tenant wants it", async () => {
		const id = await desk.article();
		const { agent } = desk.as;
		expect(await rate(id, "helpful", agent)).toMatchObject({ helpfulCount: 0, vote: { counted: false } });
		const settings = { ...desk.home.settings, staffVotesCount: true };
		const wanted = { ...agent, tenant: { ...desk.home, settings } };
		expect(await rate(id, "helpful", wanted)).toMatchObject({ helpfulCount: 1, vote: { counted: true } });
		expect(await rate(id, "not_helpful", agent)).toMatchObject({ helpfulCount: 0, notHelpfulCount: 0 });
		const events = await desk.events(articleVoted, id, 2);
		expect(events.map(({ data }) => [data.previous, data.value])).toEqual([
			[null, "helpful"],
			["helpful", null],
		]);
	});
});

describe("more than ten votes a minute", () => {
	test("are refused, over all articles, until the minute is over", async () => {
		const articles = await atOnce(2, () => desk.article());
		const cora = customerOf(desk.home);
		for (let i = 0; i < 10; i++) {
			await rate(articles[i % 2] as string, i % 3 ? "helpful" : "not_helpful", cora);
			desk.clock.advance(1000);
		}
		const before = await desk.counters(articles[0] as string);
		expect(await refusalOf(rate(articles[0] as string, "not_helpful", cora))).toEqual({
			status: "429 rate_limited",
			headers: { "Retry-After": "50" },
		});
		expect(await desk.counters(articles[0] as string)).toEqual(before);
		await rate(articles[0] as string, "helpful", customerOf(desk.home));
		await withdraw(articles[1] as string, cora);
		desk.clock.advance(50_000);
		await rate(articles[0] as string, "not_helpful", cora);
		desk.clock.advance(120_000);
	});
});

describe("the list of votes", () => {
	test("is for the desk, page by page, with words and without", async () => {
		const id = await desk.article();
		const cora = customerOf(desk.home);
		await rate(id, "not_helpful", cora, { comment: "Step two is missing" });
		for (let i = 0; i < 3; i++) {
			desk.clock.advance(1000);
			await rate(id, "helpful", visitor(desk.home));
		}
		await rate(id, "helpful", desk.as.owner);
		const list = (params: object, caller = desk.as.agent) => desk.call(listVotes, { id, ...params }, caller);
		const first = await list({ limit: 2 });
		expect(first.page.hasMore).toBe(true);
		const second = await list({ limit: 10, cursor: first.page.nextCursor as string });
		const all = [...first.data, ...second.data];
		expect(new Set(all.map((vote) => vote.id)).size).toBe(5);
		expect(all.map((vote) => vote.voter.type).sort()).toEqual(["customer", "user", "visitor", "visitor", "visitor"]);
		expect(all.filter((vote) => vote.voter.type === "visitor").every((vote) => vote.voter.id === null)).toBe(true);
		const [worded] = (await list({ filter: { commented: { eq: true } } })).data;
		expect(worded).toMatchObject({
			articleId: id,
			value: "not_helpful",
			comment: "Step two is missing",
			locale: "en",
			versionNo: 1,
			counted: true,
			voter: { type: "customer", id: cora.id },
		});
		expect((await list({ filter: { value: { eq: "helpful" } } })).data).toHaveLength(4);
		const seen = await list({ filter: { commented: { eq: true } } }, desk.as.viewer);
		expect(seen.data[0]?.voter).toEqual({ type: "customer", id: null });
		for (const caller of [cora, visitor(desk.home)])
			expect((await refusalOf(list({}, caller))).status).toBe("403 forbidden");
	});
});

describe("any sequence of votes and withdrawals", () => {
	test("leaves the counters of a simple model, and events that lead there", async () => {
		const step = fc.record({
			voter: fc.integer({ min: 0, max: 5 }),
			what: fc.constantFrom("helpful", "not_helpful", "withdraw"),
			pause: fc.integer({ min: 7000, max: 9000 }),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
				const id = await desk.article();
				const voters: Caller[] = [
					customerOf(desk.home),
					customerOf(desk.home),
					visitor(desk.home),
					visitor(desk.home),
					staff(desk.home, "agent"),
					staff(desk.home, "owner"),
				];
				const model = new Map<number, string>();
				let told = 0;
				for (const { voter, what, pause } of steps) {
					desk.clock.advance(pause);
					const caller = voters[voter] as Caller;
					const answer = what === "withdraw" ? await withdraw(id, caller) : await rate(id, what as "helpful", caller);
					if (voter < 4 && model.get(voter) !== (what === "withdraw" ? undefined : what)) told++;
					if (what === "withdraw") model.delete(voter);
					else model.set(voter, what);
					const counted = [...model].filter(([index]) => index < 4).map(([, value]) => value);
					const helpful = counted.filter((value) => value === "helpful").length;
					const score = wilsonLowerBound(helpful, counted.length - helpful);
					expect(answer).toMatchObject({ helpfulCount: helpful, notHelpfulCount: counted.length - helpful, score });
					expect(answer.vote?.value ?? null).toBe(model.get(voter) ?? null);
				}
				const events = await desk.events(articleVoted, id, told);
				expect(events).toHaveLength(told);
				const sum = (value: string) =>
					events.filter(({ data }) => data.value === value).length -
					events.filter(({ data }) => data.previous === value).length;
				expect(await desk.counters(id)).toMatchObject({
					helpfulCount: sum("helpful"),
					notHelpfulCount: sum("not_helpful"),
				});
			}),
			{ seed: 7, numRuns: 12 },
		);
	}, 60_000);
});
