import fc from "fast-check";
import { type Assignment, DEFAULT_ASSIGNMENT } from "../../../models/group.ts";
import { type Agent, candidatesOf, choose, nextTurn } from "../../../services/tickets/assignment/candidates.ts";
import { hasSkills, requiredSkills } from "../../../services/tickets/assignment/required-skills.ts";
import { inOrder, isWaiting, type Queued } from "../../../services/tickets/assignment/waiting.ts";

const agent = (id: string, fields: Partial<Agent> = {}): Agent => ({
	...{ id, role: "agent", active: true, availability: "online", skills: [], email: `${id}@desk.example` },
	...{ maxOpenTickets: null, openCount: 0, lastAutoAssignedAt: null },
	...fields,
});
const group = (fields: Partial<Assignment> = {}): Assignment => ({
	...{ ...DEFAULT_ASSIGNMENT, strategy: "round_robin" },
	...fields,
});
const wanted = { requesterId: "cora", requesterEmail: "cora@mail.example", skills: [] };
const ids = (agents: readonly Agent[]) => agents.map(({ id }) => id);

test.each<[string, Partial<Agent>, Partial<Assignment>, boolean]>([
	["an agent who is online", {}, {}, true],
	["a supervisor", { role: "supervisor" }, {}, true],
	["an admin", { role: "admin" }, {}, false],
	["an owner", { role: "owner" }, {}, false],
	["a viewer", { role: "viewer" }, {}, false],
	["somebody deactivated", { active: false }, {}, false],
	["somebody offline", { availability: "offline" }, {}, false],
	["somebody offline, though people away count", { availability: "offline" }, { considerAway: true }, false],
	["somebody offline, though it falls back to people away", { availability: "offline" }, { fallback: "away" }, false],
	["somebody away", { availability: "away" }, {}, false],
	["somebody away, where they count", { availability: "away" }, { considerAway: true }, true],
	["somebody away, as nobody else is left", { availability: "away" }, { fallback: "away" }, true],
	["somebody of whom nothing is known", { availability: undefined }, { considerAway: true }, false],
	["somebody with room", { openCount: 19 }, {}, true],
	["somebody without", { openCount: 20 }, {}, false],
	["somebody with room of their own", { openCount: 20, maxOpenTickets: 21 }, {}, true],
	["somebody who takes none", { maxOpenTickets: 0 }, {}, false],
	["the requester", { id: "cora" }, {}, false],
	["the requester by address", { email: "Cora@Mail.example" }, {}, false],
])("%s", (_who, fields, assignment, is) => {
	expect(candidatesOf([agent("a", fields)], group(assignment), wanted)).toHaveLength(is ? 1 : 0);
});

test("people away are only fallen back to where nobody is there", () => {
	const two = [agent("a", { availability: "away" }), agent("b")];
	expect(ids(candidatesOf(two, group({ fallback: "away" }), wanted))).toEqual(["b"]);
	expect(ids(candidatesOf(two, group({ considerAway: true }), wanted))).toEqual(["a", "b"]);
});

test("in turn: who never had one, then who had one longest ago, ties by id", () => {
	const at = (ms: number) => ({ lastAutoAssignedAt: new Date(ms) });
	const all = [agent("d", at(5)), agent("c", at(3)), agent("b"), agent("a", at(5))];
	const order: string[] = [];
	for (const now = new Date(4); order.length < 4; ) {
		const chosen = choose("round_robin", all, group(), wanted) as Agent;
		order.push(chosen.id);
		chosen.lastAutoAssignedAt = nextTurn(all, now);
	}
	expect(order).toEqual(["b", "c", "a", "d"]);
});

test("by load: the smallest share of what each can take, exactly, then in turn", () => {
	const all = [
		agent("a", { openCount: 1, maxOpenTickets: 3, lastAutoAssignedAt: new Date(2) }),
		agent("b", { openCount: 2, maxOpenTickets: 6, lastAutoAssignedAt: new Date(1) }),
		agent("c", { openCount: 3, maxOpenTickets: 8, lastAutoAssignedAt: null }),
	];
	expect(choose("load_balanced", all, group(), wanted)?.id).toBe("b");
	expect(choose("skill", all, group(), wanted)?.id).toBe("b");
	expect(choose("round_robin", all, group(), wanted)?.id).toBe("c");
});

test("however long the row of tickets, equal agents have at most one more than another", () => {
	fc.assert(
		fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 40 }), (people, tickets) => {
			const all = Array.from({ length: people }, (_, i) => agent(`a${i}`));
			for (let i = 0; i < tickets; i++) {
				const chosen = choose("round_robin", all, group({ maxOpenPerAgent: 100 }), wanted) as Agent;
				chosen.lastAutoAssignedAt = nextTurn(all, new Date(0));
				chosen.openCount += 1;
			}
			const counts = all.map(({ openCount }) => openCount);
			expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
		}),
		{ seed: 7 },
	);
});

test.each([
	[["skill:german"], {}, [{ name: "german", level: 1 }]],
	[["skill:german:3", "vip", "skill:german:2"], {}, [{ name: "german", level: 3 }]],
	[
		[],
		{ required_skills: "German language:4, Billing" },
		[
			{ name: "german-language", level: 4 },
			{ name: "billing", level: 1 },
		],
	],
	[["skill:a"], { required_skills: ["a:2", 5, ""] }, [{ name: "a", level: 2 }]],
	[["skill:", "skills:x"], { required_skills: 3 }, []],
	[["skill:a:9"], {}, [{ name: "a:9", level: 1 }]],
])("skills of %j and %j", (tags, customFields, skills) => {
	expect(requiredSkills({ tags: tags as string[], customFields })).toEqual(skills);
});

test("skills are had at the level asked for or above, whatever their spelling", () => {
	const own = [{ name: "German Language", level: 3 }];
	expect(hasSkills(own, [{ name: "german-language", level: 3 }])).toBe(true);
	expect(hasSkills(own, [{ name: "german-language", level: 4 }])).toBe(false);
	expect(hasSkills([], [])).toBe(true);
});

test("those that wait go by promises, priority, due time and age", () => {
	const one = (_id: string, slaRank: number, priorityRank: number, due: number, createdAt: number) =>
		({ _id, slaRank, priorityRank, nextBreachKey: new Date(due), createdAt: new Date(createdAt) }) as Queued;
	const queue = [
		one("old", 0, 1, 9, 1),
		one("due", 3, 1, 5, 8),
		one("urgent", 0, 3, 9, 9),
		one("at risk", 4, 0, 9, 9),
		one("broken", 5, 0, 9, 9),
		one("young", 1, 1, 9, 2),
	];
	expect(queue.sort(inOrder).map(({ _id }) => _id)).toEqual(["broken", "at risk", "urgent", "due", "old", "young"]);
});

test("only what nobody has, in a group that gives tickets away, waits", () => {
	const ticket = { groupId: "g", assigneeId: null, status: "new", deletedAt: null, tags: [] } as never as Parameters<
		typeof isWaiting
	>[0];
	expect(isWaiting(ticket, group())).toBe(true);
	expect(isWaiting(ticket, group({ strategy: "manual" }))).toBe(false);
	expect(isWaiting(ticket, undefined)).toBe(false);
	for (const fields of [
		{ groupId: null },
		{ assigneeId: "a" },
		{ status: "solved" },
		{ deletedAt: new Date() },
		{ tags: ["blocked-customer"] },
	])
		expect(isWaiting({ ...ticket, ...fields } as never, group())).toBe(false);
});
