import fc from "fast-check";
import type { Caller } from "../../contracts/caller.ts";
import { getTicketSurvey } from "../../contracts/surveys.ts";
import { addTags } from "../../contracts/ticket-relations.ts";
import { addMessage } from "../../contracts/ticket-threads.ts";
import { assignTicket, createTicket, getTicket, noReplyNeeded, updateTicket } from "../../contracts/tickets.ts";
import { STATUS_ORDER, type TicketStatus } from "../../models/ticket.ts";
import { populate, startTickets, type TicketsDesk } from "./desk.ts";

/*
 * Random lives of a ticket through the whole service, against a model of a few fields that was written from the
 * description of the lifecycle and shares nothing with it: statuses, who is responsible, who waits, who was asked how it
 * went.
 */

const SEED = 20_261_123;
const RUNS = Number(process.env.FC_RUNS ?? 15);

/** Rows from, columns to, in this order: new, open, pending, on_hold, solved, closed. */
const TABLE: Record<TicketStatus, string> = {
	new: "= • • • • •",
	open: "- = • • • •",
	pending: "- • = • • •",
	on_hold: "- • • = • •",
	solved: "- • - - = •",
	closed: "- - - - - =",
};
const allowed = (from: TicketStatus, to: TicketStatus) => TABLE[from].split(" ")[STATUS_ORDER.indexOf(to)];
const isDone = (status: TicketStatus) => status === "solved" || status === "closed";

interface Model {
	status: TicketStatus;
	assignee: "agent" | "colleague" | null;
	reopenCount: number;
	waiting: boolean;
	responded: boolean;
	everSolved: boolean;
	/** requests to say how it went, and whether the newest takes an answer */
	asked: number;
	askedNow: boolean;
	/** what the clock says, ms; when the window for an answer ends, and when a solved ticket closes by itself */
	now: number;
	askedUntil: number;
	closesAt: number;
	messages: number;
	tags: number;
}

type Who = "agent" | "colleague" | "customer";

interface Real {
	desk: TicketsDesk;
	home: ReturnType<typeof populate>;
	id: string;
}

type Refusal = "invalid_transition" | "ticket_closed" | "forbidden" | null;

const DAY = 24 * 3600 * 1000;

/** What the model says of a status that is asked for; changes the model where it is taken. */
function move(model: Model, to: TicketStatus, by: Who): Refusal {
	const { status: from } = model;
	if (from === to) return null;
	if (from === "closed") return "ticket_closed";
	if (allowed(from, to) !== "•") return "invalid_transition";
	if (isDone(to) && !isDone(from)) {
		if (model.assignee === null && by !== "customer") model.assignee = by;
		model.everSolved = true;
		model.waiting = false;
		model.asked += 1;
		model.askedNow = true;
		model.askedUntil = model.now + 30 * DAY;
		model.closesAt = model.now + 4 * DAY;
	}
	if (from === "solved" && to === "open") {
		model.reopenCount += 1;
		model.askedNow = false;
	}
	model.status = to;
	return null;
}

async function outcome(work: Promise<unknown>): Promise<Refusal> {
	try {
		await work;
		return null;
	} catch (error) {
		return (error as { type: Refusal }).type;
	}
}

async function isAsTheModelSays(model: Model, { desk, home, id }: Real): Promise<void> {
	const ticket = await desk.call(getTicket, { id }, home.owner);
	const survey = await desk.call(getTicketSurvey, { id }, home.owner);
	expect({
		status: ticket.status,
		assignee: ticket.assigneeId,
		reopenCount: ticket.reopenCount,
		waiting: ticket.waitingSince !== null,
		responded: ticket.firstRespondedAt !== null,
		solvedAt: ticket.solvedAt !== null,
		firstSolvedAt: ticket.firstSolvedAt !== null,
		closedAt: ticket.closedAt !== null,
		messages: ticket.messageCount,
		tags: ticket.tags?.length,
		asked: survey.requestedAt !== null,
		askedNow: survey.open,
	}).toEqual({
		status: model.status,
		assignee: model.assignee === null ? null : home[model.assignee].id,
		reopenCount: model.reopenCount,
		waiting: model.waiting,
		responded: model.responded,
		solvedAt: isDone(model.status),
		firstSolvedAt: model.everSolved,
		closedAt: model.status === "closed",
		messages: model.messages,
		tags: model.tags,
		asked: model.asked > 0,
		askedNow: model.askedNow,
	});
}

/** How often something was really tried, to see that the lives were varied. */
const counts: Record<string, number> = {};
const count = (what: string) => {
	counts[what] = (counts[what] ?? 0) + 1;
};

/** Time passes, and what is due by then happens. */
async function pass(model: Model, { desk }: Real, ms: number): Promise<void> {
	desk.clock.advance(ms);
	model.now += ms;
	const tickets = desk.app.broker.getLocalService("tickets") as unknown as { settleTimers(): Promise<void> };
	await tickets.settleTimers();
	if (model.status === "solved" && model.now >= model.closesAt) model.status = "closed";
	if (model.now >= model.askedUntil) model.askedNow = false;
}

class Wait implements fc.AsyncCommand<Model, Real> {
	readonly days: number;
	constructor(days: number) {
		this.days = days;
	}
	check = () => true;
	async run(model: Model, real: Real): Promise<void> {
		const { status: from } = model;
		await pass(model, real, this.days * DAY);
		count(`Wait ${from} → ${model.status}`);
		await isAsTheModelSays(model, real);
	}
	toString = () => `${this.days} days pass`;
}

abstract class Step implements fc.AsyncCommand<Model, Real> {
	readonly who: Who;
	constructor(who: Who) {
		this.who = who;
	}
	check = () => true;
	/** what the model expects, having changed it */
	abstract expected(model: Model): Refusal;
	abstract act(real: Real, caller: Caller): Promise<unknown>;
	async run(model: Model, real: Real): Promise<void> {
		await pass(model, real, 61_000);
		const before = { ...model };
		const expected = this.expected(model);
		if (expected !== null) Object.assign(model, before);
		const given = await outcome(this.act(real, real.home[this.who]));
		expect([this.toString(), given]).toEqual([this.toString(), expected]);
		count(`${this.constructor.name} ${expected ?? `${before.status} → ${model.status}`}`);
		await isAsTheModelSays(model, real);
	}
	abstract toString(): string;
}

class SetStatus extends Step {
	readonly to: TicketStatus;
	constructor(who: Who, to: TicketStatus) {
		super(who);
		this.to = to;
	}
	expected(model: Model): Refusal {
		if (this.who === "customer" && this.to !== "solved") return "forbidden";
		return move(model, this.to, this.who);
	}
	act = ({ desk, id }: Real, caller: Caller) => desk.call(updateTicket, { id, status: this.to }, caller);
	toString = () => `${this.who} sets ${this.to}`;
}

class Reply extends Step {
	readonly to: TicketStatus | undefined;
	constructor(who: "agent" | "colleague", to: TicketStatus | undefined) {
		super(who);
		this.to = to;
	}
	expected(model: Model): Refusal {
		if (model.status === "closed") return "ticket_closed";
		const wasNew = model.status === "new";
		model.waiting = false;
		model.responded = true;
		model.messages += 1;
		if (wasNew && this.to !== "new" && model.assignee === null) model.assignee = this.who as "agent";
		const to = this.to ?? (wasNew ? "open" : model.status);
		return move(model, to, this.who);
	}
	act = ({ desk, id }: Real, caller: Caller) =>
		desk.call(addMessage, { id, body: "An answer", ...(this.to ? { status: this.to } : {}) }, caller);
	toString = () => `${this.who} replies${this.to ? ` as ${this.to}` : ""}`;
}

class CustomerWrites extends Step {
	readonly solves: boolean;
	constructor(solves: boolean) {
		super("customer");
		this.solves = solves;
	}
	expected(model: Model): Refusal {
		// A follow-up is opened instead; this ticket stays as it is.
		if (model.status === "closed") return null;
		model.messages += 1;
		if (this.solves) {
			if (model.status !== "solved") return move(model, "solved", "customer");
			model.waiting = false;
			return null;
		}
		model.waiting = true;
		return model.status === "new" ? null : move(model, "open", "customer");
	}
	act = ({ desk, id }: Real, caller: Caller) =>
		desk.call(addMessage, { id, body: "A question", ...(this.solves ? { status: "solved" as const } : {}) }, caller);
	toString = () => `the customer writes${this.solves ? " that all is well" : ""}`;
}

class Note extends Step {
	expected(model: Model): Refusal {
		if (model.status === "closed") return "ticket_closed";
		model.messages += 1;
		return null;
	}
	act = ({ desk, id }: Real, caller: Caller) =>
		desk.call(addMessage, { id, body: "A remark", kind: "internal_note" }, caller);
	toString = () => `${this.who} makes a note`;
}

class Assign extends Step {
	readonly to: Model["assignee"];
	constructor(who: Who, to: Model["assignee"]) {
		super(who);
		this.to = to;
	}
	expected(model: Model): Refusal {
		if (this.to === model.assignee) return null;
		if (model.status === "closed") return "ticket_closed";
		model.assignee = this.to;
		return this.to !== null && model.status === "new" ? move(model, "open", this.who) : null;
	}
	act = ({ desk, home, id }: Real, caller: Caller) =>
		desk.call(assignTicket, { id, assigneeId: this.to === null ? null : home[this.to].id }, caller);
	toString = () => `${this.who} assigns it to ${this.to}`;
}

class NoReply extends Step {
	expected(model: Model): Refusal {
		if (model.status === "closed") return "ticket_closed";
		model.waiting = false;
		return null;
	}
	act = ({ desk, id }: Real, caller: Caller) => desk.call(noReplyNeeded, { id }, caller);
	toString = () => `${this.who} says that no reply is needed`;
}

class Tag extends Step {
	expected(model: Model): Refusal {
		model.tags = 1;
		return null;
	}
	act = ({ desk, id }: Real, caller: Caller) => desk.call(addTags, { id, tags: ["seen"] }, caller);
	toString = () => `${this.who} tags it`;
}

const staff = fc.constantFrom("agent" as const, "colleague" as const);
const status = fc.constantFrom<TicketStatus>(...STATUS_ORDER);
const steps = [
	fc.tuple(staff, status).map(([who, to]) => new SetStatus(who, to)),
	fc.tuple(staff, status).map(([who, to]) => new SetStatus(who, to)),
	status.map((to) => new SetStatus("customer", to)),
	fc.tuple(staff, fc.option(status, { nil: undefined })).map(([who, to]) => new Reply(who, to)),
	fc.boolean().map((solves) => new CustomerWrites(solves)),
	staff.map((who) => new Note(who)),
	fc
		.tuple(staff, fc.constantFrom("agent" as const, "colleague" as const, null))
		.map(([who, to]) => new Assign(who, to)),
	staff.map((who) => new NoReply(who)),
	staff.map((who) => new Tag(who)),
	fc.constantFrom(1, 3, 4, 27).map((days) => new Wait(days)),
];

let desk: TicketsDesk;
let home: ReturnType<typeof populate>;

beforeAll(async () => {
	desk = await startTickets();
	home = populate(desk);
});
afterAll(() => desk?.stop());

test("through the service, a ticket lives as the table says", async () => {
	await fc.assert(
		fc.asyncProperty(fc.commands(steps, { maxCommands: 25, size: "max" }), fc.boolean(), async (commands, assigned) => {
			const { id } = await desk.call(
				createTicket,
				{
					...{ subject: "A life", description: "Hello", customerId: home.cora.id, groupId: home.group.id },
					...{ asCustomer: true, ...(assigned ? { assigneeId: home.agent.id } : {}) },
				},
				home.owner,
			);
			const model: Model = {
				...{ status: assigned ? "open" : "new", assignee: assigned ? "agent" : null, reopenCount: 0, waiting: true },
				...{ responded: false, everSolved: false, asked: 0, askedNow: false, messages: 1, tags: 0 },
				...{ now: desk.clock.now().getTime(), askedUntil: 0, closesAt: 0 },
			};
			const real: Real = { desk, home, id };
			await isAsTheModelSays(model, real);
			await fc.asyncModelRun(() => ({ model, real }), commands);
		}),
		{ seed: SEED, numRuns: RUNS, endOnFailure: true },
	);
	const met = Object.keys(counts);
	expect(met).toContain("Wait solved → closed");
	for (const refusal of ["invalid_transition", "ticket_closed", "forbidden"])
		expect(met.some((what) => what.endsWith(refusal))).toBe(true);
	for (const reached of ["open", "pending", "on_hold", "solved", "closed"])
		expect(met.some((what) => what.endsWith(`→ ${reached}`))).toBe(true);
}, 120_000);
