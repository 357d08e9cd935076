import type { Caller } from "../../../contracts/caller.ts";
import {
	kbAnalytics,
	rateArticle,
	recordClick,
	recordSearch,
	recordSuggestion,
	recordView,
	suggestionOutcome,
	withdrawRating,
} from "../../../contracts/knowledge-base-engagement.ts";
import { kbSearched } from "../../../contracts/knowledge-base-events.ts";
import { newId } from "../../../lib/ids.ts";
import { addDays, dayOf } from "../../../services/knowledge-base/engagement/days.ts";
import { wilsonLowerBound } from "../../../services/knowledge-base/engagement/wilson.ts";
import { staff } from "../../support/callers.ts";
import { customerOf, type EngagementDesk, engagementDesk, refusalOf, visitor } from "./desk.ts";

let desk: EngagementDesk;
beforeAll(async () => {
	desk = await engagementDesk();
});
afterAll(() => desk?.stop());

const HOUR = 3600_000;

/** A small generator with a fixed seed (mulberry32). */
function dice(seed: number): (sides: number) => number {
	let state = seed;
	return (sides) => {
		state = (state + 0x6d2b79f5) | 0;
		let t = Math.imul(state ^ (state >>> 15), 1 | state);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) % sides;
	};
}

const ask = (params: object = {}, caller: Caller = desk.as.supervisor) => desk.call(kbAnalytics, params, caller);

test("what is not known is null", async () => {
	const nobody = staff({ ...desk.home, id: newId() }, "owner");
	expect(await ask({}, nobody)).toMatchObject({
		from: addDays(dayOf(desk.clock.now(), "UTC"), -29),
		to: dayOf(desk.clock.now(), "UTC"),
		timeZone: "UTC",
		locale: null,
		views: 0,
		votes: { helpful: 0, notHelpful: 0, helpfulShare: null },
		topViewed: [],
		searches: { total: 0, withoutResultShare: null, clickedShare: null },
		topQueries: [],
		deflection: { suggestions: 0, rate: null },
		outdatedTranslations: { total: 0, data: [] },
		dueForReview: { total: 0, data: [] },
	});
});

test("is for supervisors and above, and refuses what is no range", async () => {
	for (const caller of [desk.as.agent, desk.as.viewer, customerOf(desk.home), visitor(desk.home)])
		expect((await refusalOf(ask({}, caller))).status).toBe("403 forbidden");
	expect((await refusalOf(ask({ from: "not-a-day!" }))).status).toBe("400 invalid_request");
	expect((await refusalOf(ask({ from: "2025-02-01", to: "2025-01-01" }))).status).toBe("422 validation_failed");
	expect((await refusalOf(ask({ from: "2023-01-01", to: "2025-01-01" }))).status).toBe("422 validation_failed");
});

test("a search and the result that was opened are kept", async () => {
	const id = await desk.article();
	const searchId = newId();
	const search = { q: " Reset  Password", locale: "en", resultCount: 3, viewerKeyHash: null, searchId };
	const cora = customerOf(desk.home);
	await desk.call(recordSearch, search, cora);
	await desk.call(recordSearch, search, cora);
	const [event] = await desk.events(kbSearched, searchId, 1);
	expect(event?.data).toEqual({ locale: "en", resultCount: 3, zero: false });
	expect(JSON.stringify(event)).not.toContain(cora.id);
	const click = (params: object, caller: Caller = cora) =>
		desk.call(recordClick, { searchId, articleId: id, ...params }, caller);
	await click({});
	await click({ articleId: await desk.article() });
	expect(await refusalOf(click({ searchId: newId() }))).toEqual({ status: "404 not_found" });
	expect(await refusalOf(click({}, desk.as.stranger))).toEqual({ status: "404 not_found" });
	expect(await refusalOf(click({ articleId: newId() }))).toMatchObject({ at: "/articleId" });
	expect((await ask()).searches).toMatchObject({ total: 1, clicked: 1, clickedShare: 1 });
	expect((await ask()).topQueries).toEqual([{ q: "reset password", count: 1 }]);
});

test("every number equals a recount of what was done", async () => {
	const roll = dice(11);
	const home = { ...desk.home, id: newId(), timeZone: "Europe/Berlin" };
	const owner = staff(home, "owner");
	const articles: string[] = [];
	for (let i = 0; i < 6; i++) {
		const id = await desk.article({}, owner);
		articles.push(id);
	}
	const voters = Array.from({ length: 8 }, () => customerOf(home));
	const locales = ["en", "de"];
	const views: { id: string; day: string; locale: string }[] = [];
	const votes = new Map<string, { id: string; day: string; value: string }>();
	const searches: { q: string; day: string; zero: boolean; locale: string }[] = [];
	const suggestions: { day: string; outcome: string | null }[] = [];
	const first = dayOf(desk.clock.now(), home.timeZone);
	for (let step = 0; step < 220; step++) {
		desk.clock.advance((1 + roll(3)) * HOUR);
		const day = dayOf(desk.clock.now(), home.timeZone);
		const id = articles[roll(articles.length)] as string;
		const locale = locales[roll(2)] as string;
		const voter = voters[roll(voters.length)] as Caller;
		const what = roll(10);
		if (what < 4) {
			const viewerKey = `v:${step}`;
			await desk.call(recordView, { articleId: id, locale, viewerKey }, visitor(home));
			views.push({ id, day, locale });
		} else if (what < 6) {
			const value = roll(3) ? "helpful" : "not_helpful";
			await desk.call(rateArticle, { id, value }, voter);
			votes.set(`${id} ${voter.id}`, { id, day, value });
		} else if (what === 6) {
			await desk.call(withdrawRating, { id }, voter);
			votes.delete(`${id} ${voter.id}`);
		} else if (what < 9) {
			const q = `Query ${roll(4)}`;
			const resultCount = roll(3);
			await desk.call(recordSearch, { q, locale, resultCount, viewerKeyHash: null }, visitor(home));
			searches.push({ q: q.toLowerCase(), day, zero: resultCount === 0, locale });
		} else {
			const suggestionId = newId();
			await desk.call(recordSuggestion, { suggestionId, articleIds: [id], locale }, voter);
			const suggestion: { day: string; outcome: string | null } = { day, outcome: null };
			suggestions.push(suggestion);
			for (let told = roll(3); told > 0; told--) {
				desk.clock.advance(2 * HOUR);
				const outcome = (["solved", "not_helpful", "ticket_created"] as const)[roll(3)] as "solved";
				await desk.call(suggestionOutcome, { id: suggestionId, outcome }, voter);
				suggestion.outcome = outcome;
			}
		}
	}
	const last = dayOf(desk.clock.now(), home.timeZone);
	const ranges = [
		{ from: first, to: last },
		{ from: addDays(first, 4), to: addDays(first, 9) },
		{ from: addDays(first, 2), to: addDays(first, 2) },
		{ from: first, to: last, locale: "de" },
	];
	for (const range of ranges) {
		const answer = await ask(range, owner);
		const within = <T extends { day: string; locale?: string }>(rows: readonly T[]) =>
			rows.filter(
				(row) =>
					row.day >= range.from && row.day <= range.to && (!range.locale || (row.locale ?? "en") === range.locale),
			);
		const seen = within(views);
		expect(answer.views).toBe(seen.length);
		const cast = within([...votes.values()]);
		const of = (value: string, id?: string) =>
			cast.filter((vote) => vote.value === value && (id === undefined || vote.id === id)).length;
		expect(answer.votes).toMatchObject({ helpful: of("helpful"), notHelpful: of("not_helpful") });
		const viewsOf = (id: string) => seen.filter((row) => row.id === id).length;
		expect(answer.topViewed?.map((row) => [row.id, row.views])).toEqual(
			articles
				.filter((id) => viewsOf(id) > 0)
				.sort((x, y) => viewsOf(y) - viewsOf(x) || (x < y ? -1 : 1))
				.map((id) => [id, viewsOf(id)]),
		);
		for (const row of [...(answer.mostHelpful ?? []), ...(answer.leastHelpful ?? [])]) {
			expect([row.helpful, row.notHelpful]).toEqual([of("helpful", row.id), of("not_helpful", row.id)]);
			expect(row.score).toBeCloseTo(wilsonLowerBound(row.helpful, row.notHelpful), 10);
			expect(row.title).toMatch(/^How to/);
		}
		const found = within(searches);
		const zero = found.filter((search) => search.zero);
		expect(answer.searches).toMatchObject({ total: found.length, withoutResult: zero.length });
		const sums = (rows: typeof searches) => {
			const counts = new Map<string, number>();
			for (const { q } of rows) counts.set(q, (counts.get(q) ?? 0) + 1);
			return [...counts].map(([q, count]) => ({ q, count })).sort((x, y) => y.count - x.count || (x.q < y.q ? -1 : 1));
		};
		expect(answer.topQueries).toEqual(sums(found));
		expect(answer.zeroResultQueries).toEqual(sums(zero));
		if (range.locale) continue;
		const told = (outcome: string) => within(suggestions).filter((one) => one.outcome === outcome).length;
		expect(answer.deflection).toMatchObject({
			suggestions: within(suggestions).length,
			solved: told("solved"),
			notHelpful: told("not_helpful"),
			ticketCreated: told("ticket_created"),
		});
	}
	expect((await ask(ranges[0], owner)).views).toBeGreaterThan(50);
}, 60_000);
