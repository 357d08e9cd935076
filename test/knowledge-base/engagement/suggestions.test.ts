import type { Caller } from "../../../contracts/caller.ts";
import { recordSuggestion, suggestionOutcome } from "../../../contracts/knowledge-base-engagement.ts";
import { kbDeflected } from "../../../contracts/knowledge-base-events.ts";
import { newId } from "../../../lib/ids.ts";
import { service, tenant } from "../../support/callers.ts";
import { atOnce, customerOf, type EngagementDesk, engagementDesk, refusalOf, visitor } from "./desk.ts";

let desk: EngagementDesk;
beforeAll(async () => {
	desk = await engagementDesk();
});
afterAll(() => desk?.stop());

const [a, b] = [newId(), newId()] as const;

async function suggested(caller: Caller, articleIds: string[] = [a, b]): Promise<string> {
	const suggestionId = newId();
	await desk.call(recordSuggestion, { suggestionId, articleIds, locale: "en" }, caller);
	return suggestionId;
}

const tell = (id: string, caller: Caller, outcome: "solved" | "not_helpful" | "ticket_created", more: object = {}) =>
	desk.call(suggestionOutcome, { id, outcome, ...more }, caller);

test("what became of a suggestion is kept once, the last that was told", async () => {
	const cora = customerOf(desk.home);
	const id = await suggested(cora);
	const at = desk.clock.now().toISOString();
	expect(await tell(id, cora, "solved", { articleId: a })).toEqual({
		suggestionId: id,
		outcome: "solved",
		articleId: a,
		ticketDraftId: null,
		at,
	});
	desk.clock.advance(1000);
	expect((await tell(id, cora, "solved", { articleId: a })).at).toBe(at);
	const draft = newId();
	expect(await tell(id, cora, "ticket_created", { ticketDraftId: draft })).toMatchObject({
		outcome: "ticket_created",
		articleId: null,
		ticketDraftId: draft,
	});
	const events = await desk.events(kbDeflected, id, 2);
	expect(events.map(({ data }) => data)).toEqual([
		{ outcome: "solved", articleId: a, ticketDraftId: null },
		{ outcome: "ticket_created", articleId: null, ticketDraftId: draft },
	]);
	expect(events.map(({ sequence }) => sequence)).toEqual([2, 3]);
});

test("only those it was made for know of it", async () => {
	const cora = customerOf(desk.home);
	const nobodys = { status: "404 not_found" };
	const id = await suggested(cora);
	const others = [customerOf(desk.home), visitor(desk.home), desk.as.agent, desk.as.stranger, visitor(tenant())];
	for (const caller of others) expect(await refusalOf(tell(id, caller, "solved"))).toEqual(nobodys);
	expect(await refusalOf(tell(newId(), cora, "solved"))).toEqual(nobodys);
	// Nobody signed in, or a program asked: whoever has the id, inside the tenant.
	for (const asker of [visitor(desk.home, null), service(desk.home, ["kb.read"])]) {
		const open = await suggested(asker);
		expect(await tell(open, cora, "solved")).toMatchObject({ outcome: "solved" });
		expect(await refusalOf(tell(open, desk.as.stranger, "solved"))).toEqual(nobodys);
	}
});

test("an article that was not suggested is refused", async () => {
	const cora = customerOf(desk.home);
	const id = await suggested(cora, [a]);
	expect(await refusalOf(tell(id, cora, "solved", { articleId: b }))).toEqual({
		status: "422 validation_failed",
		at: "/articleId",
	});
	expect(await tell(id, cora, "solved", { articleId: null })).toMatchObject({ articleId: null });
});

test("told twenty times at once it is one outcome and one event", async () => {
	const cora = customerOf(desk.home);
	const id = await suggested(cora);
	await atOnce(20, () => tell(id, cora, "solved", { articleId: a }));
	await tell(id, cora, "not_helpful");
	const events = await desk.events(kbDeflected, id, 2);
	expect(events.map(({ data }) => data.outcome)).toEqual(["solved", "not_helpful"]);
});

test("the same suggestion told of again changes nothing", async () => {
	const cora = customerOf(desk.home);
	const id = await suggested(cora);
	await tell(id, cora, "solved");
	await desk.call(recordSuggestion, { suggestionId: id, articleIds: [], locale: "de" }, desk.as.agent);
	expect(await tell(id, cora, "solved", { articleId: a })).toMatchObject({ articleId: a });
});
