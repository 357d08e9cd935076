import type { Desk, DeskTenant } from "../../support/desk.ts";
import type { ManualClock } from "../../support/manual-clock.ts";
import { HOUR, MINUTE, type RulesTenant, rulesTenant, startRulesDesk } from "./rules-desk.ts";

/*
 * Rules that begin when something has lasted for a while, from what is saved to what has become of the ticket.
 */

let clock: ManualClock;
let desk: Desk;
let home: DeskTenant;
let rule: RulesTenant["rule"];
let open: RulesTenant["open"];
let read: RulesTenant["read"];
let change: RulesTenant["change"];
let say: RulesTenant["say"];
let runsOf: RulesTenant["runsOf"];

beforeAll(async () => {
	({ clock, desk } = await startRulesDesk());
}, 60_000);
afterAll(() => desk?.stop());

// Rules count for the tickets of the tests before, too.
beforeEach(async () => {
	({ home, rule, open, read, change, say, runsOf } = await rulesTenant(desk));
});

describe("time triggers", () => {
	const levels = (roles: string[]) =>
		roles.map((role, index) => ({ after: (index + 1) * 600, actions: [{ type: "notify", roles: [role] }] }));

	test("escalate level by level, and solving resets", async () => {
		const { id: ruleId } = await rule({
			name: "Nobody cares",
			trigger: { since: "createdAt", clock: "calendar", levels: levels(["supervisor", "admin"]) },
			conditions: { all: [{ field: "assigneeId", operator: "is", value: "none" }] },
		});
		const { id } = await open({ priority: "urgent" });
		await desk.settle();
		clock.advance(10 * MINUTE - 1);
		await desk.settle();
		expect(await read(id)).toMatchObject({ escalationLevel: 0 });
		clock.advance(1);
		const at = clock.now().toISOString();
		await desk.settle();
		expect(await read(id)).toMatchObject({ escalationLevel: 1, escalatedAt: at });
		clock.advance(10 * MINUTE);
		await desk.settle();
		expect(await read(id)).toMatchObject({ escalationLevel: 2 });
		expect((await runsOf(ruleId)).map(({ level }) => level)).toEqual([2, 1]);
		await change(id, { assigneeId: home.userIds.agent });
		await say(id, { body: "On it" });
		expect(await read(id)).toMatchObject({ escalationLevel: 2 });
		await change(id, { status: "solved" });
		expect(await read(id)).toMatchObject({ escalationLevel: 0, escalatedAt: null });
	});

	test("are moved where their instant moves, and skip what does not match any more", async () => {
		const { id: ruleId } = await rule({
			name: "Silence",
			trigger: { after: 3600, since: "statusChangedAt", clock: "calendar" },
			conditions: { all: [{ field: "status", operator: "is", value: "pending" }] },
			actions: [{ type: "add_tags", tags: ["silent"] }],
		});
		const { id } = await open();
		await change(id, { status: "pending" });
		await desk.settle();
		clock.advance(HOUR / 2);
		await change(id, { status: "open" });
		await change(id, { status: "pending" });
		await desk.settle();
		clock.advance(HOUR / 2);
		await desk.settle();
		expect((await read(id)).tags).toEqual([]);
		clock.advance(HOUR / 2);
		await desk.settle();
		expect((await read(id)).tags).toEqual(["silent"]);
		const other = await open();
		await change(other.id, { status: "pending" });
		await desk.settle();
		clock.advance(HOUR / 2);
		await change(other.id, { status: "open" });
		await desk.settle();
		clock.advance(HOUR);
		await desk.settle();
		expect((await runsOf(ruleId)).map(({ ticketId }) => ticketId)).toEqual([id]);
	});

	test("count for the tickets that are there already, in business time too", async () => {
		const { id } = await open();
		const late = await open();
		clock.advance(HOUR);
		const trigger = { after: 7200, since: "createdAt", clock: "business" };
		await rule({ name: "Later", trigger, actions: [{ type: "add_tags", tags: ["later"] }] });
		await rule({
			name: "Past due",
			trigger: { after: 60, since: "createdAt", clock: "calendar" },
			conditions: { all: [{ field: "tags", operator: "absent" }] },
			actions: [{ type: "add_internal_note", template: "past due" }],
		});
		await desk.settle();
		expect((await read(id)).messages.map(({ body }) => body)).toContain("past due");
		expect((await read(late.id)).tags).toEqual([]);
		clock.advance(HOUR);
		await desk.settle();
		expect((await read(id)).tags).toEqual(["later"]);
	});
});
