import { recordView } from "../../../contracts/knowledge-base-engagement.ts";
import { articleViewed } from "../../../contracts/knowledge-base-events.ts";
import { putTranslation } from "../../../contracts/knowledge-base-translations.ts";
import { newId } from "../../../lib/ids.ts";
import { testEnvironment } from "../../support/broker.ts";
import { service } from "../../support/callers.ts";
import { atOnce, customerOf, type EngagementDesk, engagementDesk, until, visitor } from "./desk.ts";

let desk: EngagementDesk;
beforeAll(async () => {
	desk = await engagementDesk();
});
afterAll(() => desk?.stop());

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const view = (articleId: string, viewerKey: string, caller = visitor(desk.home), locale = "en") =>
	desk.call(recordView, { articleId, locale, viewerKey }, caller);
const views = async (id: string) => (await desk.counters(id)).viewCount;

test("a viewer counts once in half an hour", async () => {
	const id = await desk.article();
	expect(await view(id, "v:1")).toEqual({ counted: true });
	desk.clock.advance(29 * MINUTE);
	expect(await view(id, "v:1")).toEqual({ counted: false });
	expect(await view(id, "v:2")).toEqual({ counted: true });
	expect(await views(id)).toBe(2);
	desk.clock.advance(MINUTE);
	expect(await view(id, "v:1")).toEqual({ counted: true });
	expect(await views(id)).toBe(3);
});

test("views at once count exactly, whoever comes several times", async () => {
	const id = await desk.article();
	const answers = await atOnce(120, (i) => view(id, `v:${i % 40}`));
	expect(answers.filter(({ counted }) => counted)).toHaveLength(40);
	expect(await views(id)).toBe(40);
});

test("staff and programs never count, nor do articles that are not there", async () => {
	const id = await desk.article();
	for (const caller of [desk.as.agent, desk.as.viewer, service(desk.home, ["kb.read"])])
		expect(await view(id, `u:${caller.id}`, caller)).toEqual({ counted: false });
	expect(await view(newId(), "v:1")).toEqual({ counted: false });
	const cora = customerOf(desk.home);
	expect(await view(id, `c:${cora.id}`, { ...cora, tenant: desk.as.stranger.tenant })).toEqual({ counted: false });
	expect(await views(id)).toBe(0);
});

test("a minute's views are told together when it is over, by language", async () => {
	const id = await desk.article();
	await desk.call(
		putTranslation,
		{ id, locale: "de", title: "Wie", body: "So.", status: "published" } as never,
		desk.as.owner,
	);
	desk.clock.advance(MINUTE - (desk.clock.now().getTime() % MINUTE));
	const first = desk.clock.now().toISOString();
	await atOnce(5, (i) => view(id, `v:${i}`));
	await atOnce(2, (i) => view(id, `w:${i}`, customerOf(desk.home), "de"));
	desk.clock.advance(MINUTE);
	const second = desk.clock.now().toISOString();
	await atOnce(3, (i) => view(id, `x:${i}`));
	desk.clock.advance(5000);
	const told = await desk.events(articleViewed, id, 2);
	const seen = (events: typeof told) =>
		events.map(({ data }) => [data.at, data.locale, data.count]).sort((a, b) => (`${a}` < `${b}` ? -1 : 1));
	expect(seen(told)).toEqual([
		[first, "de", 2],
		[first, "en", 5],
	]);
	desk.clock.advance(MINUTE);
	expect(seen(await desk.events(articleViewed, id, 3))[2]).toEqual([second, "en", 3]);
	expect(await views(id)).toBe(10);
});

test("views of the last thirty days become less as days pass; all views never do", async () => {
	const id = await desk.article();
	const recent = async () => {
		const [{ views30d } = { views30d: -1 }] = await desk.stored(id);
		return views30d;
	};
	await atOnce(4, (i) => view(id, `v:${i}`));
	desk.clock.advance(20 * DAY);
	await atOnce(3, (i) => view(id, `w:${i}`));
	expect(await recent()).toBe(7);
	desk.clock.advance(9 * DAY);
	await view(id, "x:1");
	expect(await recent()).toBe(8);
	desk.clock.advance(DAY);
	expect(await until(recent, (count) => count !== 8)).toBe(4);
	desk.clock.advance(30 * DAY);
	expect(await until(recent, (count) => count !== 4)).toBe(0);
	expect(await views(id)).toBe(8);
});

test("what was counted before the process ended is told once by the next", async () => {
	const { env, cleanup } = await testEnvironment();
	const before = await engagementDesk({ env });
	const id = await before.article();
	const { home, clock } = before;
	await atOnce(6, (i) => before.call(recordView, { articleId: id, locale: "en", viewerKey: `v:${i}` }, visitor(home)));
	await before.stop();
	clock.advance(5 * MINUTE);
	const after = await engagementDesk({ env, home, clock });
	const [event] = await after.events(articleViewed, id, 1);
	expect(event?.data.count).toBe(6);
	await after.call(recordView, { articleId: id, locale: "en", viewerKey: "v:1" }, visitor(home));
	expect((await after.counters(id)).viewCount).toBe(6);
	clock.advance(5 * MINUTE);
	await after.call(recordView, { articleId: id, locale: "en", viewerKey: "v:9" }, visitor(home));
	clock.advance(2 * MINUTE);
	const events = await after.events(articleViewed, id, 2);
	expect(events.map(({ data }) => data.count)).toEqual([6, 1]);
	await after.stop();
	await cleanup();
}, 30_000);
