import fc from "fast-check";
import { updateCustomer } from "../../contracts/customers.ts";
import { rebuildDashboard } from "../../contracts/dashboard-internal.ts";
import { createSlaPolicy } from "../../contracts/sla-policies.ts";
import { answerTicketSurvey } from "../../contracts/surveys.ts";
import { addMessage } from "../../contracts/ticket-threads.ts";
import { createTicket, deleteTicket, restoreTicket, updateTicket } from "../../contracts/tickets.ts";
import { updateUser } from "../../contracts/users.ts";
import type { ActivityRow } from "../../models/dashboard-activity.ts";
import type { TicketFacts } from "../../models/dashboard-ticket.ts";
import type { TestBroker } from "../support/broker.ts";
import { manualClock } from "../support/manual-clock.ts";
import { canonical, caughtUp, collection, everythingKnown, type Populated, populate, startServices } from "./desk.ts";

const clock = manualClock("2026-03-02T09:00:00.000Z");
let app: TestBroker;
let people: Populated;

beforeAll(async () => {
	app = await startServices({ clock });
	people = await populate(app);
	await populate(app);
	const every = (seconds: number) => ({ low: seconds, normal: seconds, high: seconds, urgent: seconds });
	const targets = { first_response: every(600), next_response: every(1200), resolution: every(3600) };
	await app.call(createSlaPolicy, { name: "Gold", isDefault: true, calendarId: "always", targets }, people.owner);
});
afterAll(() => app.stop());

type Done = "rate" | "create" | "import" | "reply" | "customer" | "note" | "solve" | "reopen" | "move" | "priority";
type Step = [Done | "close" | "delete" | "restore" | "rename" | "deactivate", number, number];

const WEIGHED: [number, Step[0]][] = [
	...([3, 2, 4, 4, 1, 3, 1, 3, 2, 2] as const).map((weight, index): [number, Step[0]] => [
		weight,
		(["create", "import", "reply", "customer", "note", "solve", "reopen", "move", "priority", "rate"] as const)[
			index
		] as Done,
	]),
	...(["close", "delete", "restore", "rename", "deactivate"] as const).map((done): [number, Step[0]] => [1, done]),
];
const steps = fc.array(
	fc.tuple(
		fc.oneof(...WEIGHED.map(([weight, done]) => ({ weight, arbitrary: fc.constant(done) }))),
		fc.nat(1000),
		fc.nat(1000),
	),
	{ minLength: 70, maxLength: 70 },
);

/** Does what a step says on some ticket; what the desk refuses is left out. */
async function take([done, which, how]: Step, tickets: string[]): Promise<void> {
	const { owner, agent, colleague, outsider, first, second, cora } = people;
	const id = tickets[which % Math.max(1, tickets.length)] as string;
	const past = new Date(clock.now().getTime() - how * 3_600_000).toISOString();
	clock.advance(how * 1000);
	const asCustomer = { body: "Any news?", asCustomer: true };
	const deeds: Record<Step[0], () => Promise<unknown>> = {
		create: () =>
			app.call(createTicket, { subject: `T${how}`, description: "x", customerId: cora.id, asCustomer: true }, owner),
		import: () =>
			app.call(createTicket, { subject: `I${how}`, description: "x", customerId: cora.id, createdAt: past }, owner),
		reply: () => app.call(addMessage, { id, body: "Here you are", ...(how % 2 ? { createdAt: past } : {}) }, owner),
		customer: () => app.call(addMessage, { id, ...asCustomer }, owner),
		note: () => app.call(addMessage, { id, body: "Hm", kind: "internal_note" as const }, agent),
		solve: () => app.call(updateTicket, { id, status: "solved" as const }, owner),
		reopen: () => app.call(updateTicket, { id, status: "open" as const }, owner),
		move: () => {
			const place = [
				{ groupId: first.id, assigneeId: agent.id },
				{ groupId: second.id, assigneeId: outsider.id },
				{ groupId: second.id, assigneeId: colleague.id },
				{ assigneeId: null },
				{ groupId: null },
			][how % 5];
			return app.call(updateTicket, { id, ...place }, owner);
		},
		priority: () => app.call(updateTicket, { id, priority: how % 2 ? "urgent" : "low" }, owner),
		rate: () => app.call(answerTicketSurvey, { id, rating: (how % 5) + 1 }, people.customer),
		close: () => app.call(updateTicket, { id, status: "closed" as const }, owner),
		delete: () => app.call(deleteTicket, { id }, owner),
		restore: () => app.call(restoreTicket, { id }, owner),
		rename: () => app.call(updateCustomer, { id: cora.id, name: `Cora ${how}` }, owner),
		deactivate: () =>
			app.call(updateUser, { id: colleague.id, status: how % 2 ? "deactivated" : "active" } as never, owner),
	};
	const made = await deeds[done]().catch((error: { code?: number }) => {
		if (!error.code || error.code >= 500) throw error;
		return null;
	});
	if (made && (done === "create" || done === "import")) tickets.push((made as { id: string }).id);
}

const tickets: string[] = [];

async function someWork(seed: number): Promise<void> {
	const [given] = fc.sample(steps, { seed, numRuns: 1 }) as [Step[]];
	for (const step of given) await take(step, tickets);
}

/** A ticket that is solved and rated. */
async function aSurvey(): Promise<void> {
	const { owner, agent, cora, customer, first } = people;
	const opened = { subject: "Rated", description: "x", customerId: cora.id, groupId: first.id, assigneeId: agent.id };
	const { id } = await app.call(createTicket, opened, owner);
	await app.call(updateTicket, { id, status: "solved" as const }, owner);
	await app.call(answerTicketSurvey, { id, rating: 4 }, customer);
}

const revs = async (): Promise<[string, number][]> => {
	const rows = (await collection(app, "fact_event_feed")
		.find({})
		.hint({ $natural: 1 })
		.lean()) as unknown as ActivityRow[];
	return rows.map(({ _id, rev }): [string, number] => [_id, rev]).sort(([a], [b]) => (a < b ? -1 : 1));
};

test("what is made anew from the log is, to the byte, what live events made, and is sent to nobody again", async () => {
	await someWork(1);
	await aSurvey();
	await caughtUp(app);
	const before = await everythingKnown(app);
	expect(before.dashboard_tickets?.length).toBeGreaterThan(10);
	expect(before.fact_event_feed?.length).toBeGreaterThan(50);
	const known = before.dashboard_tickets as unknown as TicketFacts[];
	expect(known.some(({ promises }) => promises?.some(({ ended }) => ended?.how === "fulfilled"))).toBe(true);
	expect(known.some(({ surveys }) => surveys?.some(({ answer }) => answer !== null))).toBe(true);
	const sent = await revs();
	const outcome = await app.call(rebuildDashboard, {});
	expect(outcome).toMatchObject({ skipped: 0, replaced: 0, removed: 0 });
	expect(outcome.events).toBeGreaterThan(50);
	expect(canonical(await everythingKnown(app))).toBe(canonical(before));
	expect(await revs()).toEqual(sent);
});

test("what was lost or spoilt is made good", async () => {
	await caughtUp(app);
	const before = await everythingKnown(app);
	const rows = collection(app, "dashboard_tickets");
	const [spoilt, lost] = (await rows.find({}).sort({ _id: 1 }).limit(2).lean()) as unknown as { _id: string }[];
	await rows.collection.updateOne({ _id: spoilt?._id as never }, { $set: { status: "new", messages: [] } });
	await rows.collection.deleteOne({ _id: lost?._id as never });
	await collection(app, "fact_event_feed").collection.insertOne({
		...(before.fact_event_feed?.[0] as object),
		_id: "made-up",
		rev: 1,
	} as never);
	expect(await app.call(rebuildDashboard, {})).toMatchObject({ replaced: 2, removed: 1 });
	expect(canonical(await everythingKnown(app))).toBe(canonical(before));
});

test("live events go on meanwhile, none lost, none twice", async () => {
	const working = someWork(2);
	const outcomes = [];
	for (let i = 0; i < 3; i++)
		outcomes.push(await app.call(rebuildDashboard, i === 1 ? { tenantId: people.tenantId } : {}));
	await working;
	await caughtUp(app);
	const live = canonical(await everythingKnown(app));
	expect(await app.call(rebuildDashboard, {})).toMatchObject({ replaced: 0, removed: 0 });
	expect(canonical(await everythingKnown(app))).toBe(live);
});

test("one at a time", async () => {
	const first = app.call(rebuildDashboard, {});
	await expect(app.call(rebuildDashboard, {})).rejects.toMatchObject({ code: 409 });
	await first;
});
