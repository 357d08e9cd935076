import type { StaffRole } from "../../contracts/permissions.ts";
import { contracts } from "../../contracts/registry.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "../support/desk.ts";

/*
 * Every transition of a ticket's status, asked for by everybody through the API, and what can still be done with a closed
 * ticket. Both tables are the description of the product, not of its code.
 */

const STATUSES = ["new", "open", "pending", "on_hold", "solved", "closed"] as const;
type Status = (typeof STATUSES)[number];

const TABLE: Record<Status, string> = {
	new: "= • • • • •",
	open: "- = • • • •",
	pending: "- • = • • •",
	on_hold: "- • • = • •",
	solved: "- • - - = •",
	closed: "- - - - - =",
};

type Role = StaffRole | "service" | "customer";
const ROLES: readonly Role[] = ["owner", "admin", "supervisor", "agent", "viewer", "service", "customer"];

interface TicketShape {
	id: string;
	status: Status;
	version: number;
	reopenCount: number;
	solvedAt: string | null;
	closedAt: string | null;
	assigneeId: string | null;
	code?: string;
	followUpUrl?: string;
}

let desk: Desk;
let tenant: DeskTenant;
let customerId: string;
let cora: Client;

beforeAll(async () => {
	desk = await startDesk();
	tenant = await desk.tenant();
	const limits = { settings: { rateLimit: { perMinute: 1_000_000, perTokenPerMinute: 1_000_000 } } };
	expect((await desk.platform("PATCH", `/tenants/${tenant.id}`, { body: limits })).status).toBe(200);
	const made = await tenant.as.owner<{ id: string }>("POST", "/customers", { body: { name: "Cora" } });
	customerId = made.body.id;
	cora = await tenant.customer(customerId);
}, 60_000);
afterAll(() => desk?.stop());

const clientOf = (role: Role): Client => (role === "customer" ? cora : tenant.as[role]);

/** Tickets in a status. */
async function ticketsIn(status: Status, count: number): Promise<TicketShape[]> {
	const body = { subject: `From ${status}`, customerId, groupId: tenant.groupId };
	const ids = await Promise.all(Array.from({ length: count }, () => made(tenant.as.agent, "/tickets", body)));
	// Who is responsible is said first: a service that solves a ticket cannot be it.
	const steps = status === "new" ? [] : [{ assigneeId: tenant.userIds.agent }, { status }];
	for (const patch of steps) {
		const operations = ids.map((id) => ({ op: "update", id, patch }));
		const { body } = await tenant.as.agent<{ results: { status: number }[] }>("POST", "/tickets/bulk", {
			body: { operations },
		});
		expect(body.results.every((result) => result.status === 200)).toBe(true);
	}
	const read = (id: string) => tenant.as.owner<TicketShape>("GET", `/tickets/${id}`);
	return Promise.all(ids.map(async (id) => (await read(id)).body));
}

/** What the description promises; `same` is a good answer that changes nothing. */
function promised(role: Role, from: Status, to: Status): string {
	if (role === "viewer") return "403 forbidden";
	if (role === "customer" && to !== "solved") return "403 forbidden";
	const sign = TABLE[from].split(" ")[STATUSES.indexOf(to)];
	if (sign === "=") return "same";
	if (from === "closed") return "409 ticket_closed";
	if (sign === "-") return "409 invalid_transition";
	if (role === "service" && from === "new" && (to === "solved" || to === "closed")) return "422 assignee_required";
	return "moved";
}

function given(before: TicketShape, to: Status, status: number, after: TicketShape): string {
	if (status !== 200) return `${status} ${after.code}`;
	if (after.status !== to) return `200 but ${after.status}`;
	return after.status === before.status ? "same" : "moved";
}

describe.each(STATUSES)("a ticket that is %s", (from) => {
	/** the one that everything is asked of that must leave it as it is */
	let still: TicketShape | undefined;
	/** one for each move */
	let moving: TicketShape[];
	const moves = (role: Role) => STATUSES.filter((to) => promised(role, from, to) === "moved");
	beforeAll(async () => {
		[still, ...moving] = await ticketsIn(from, 1 + ROLES.flatMap(moves).length);
	}, 60_000);

	test.each(ROLES)(
		"becomes for a %s what the table says",
		async (role) => {
			for (const to of STATUSES) {
				const before = (moves(role).includes(to) ? moving.pop() : still) as TicketShape;
				const answer = await clientOf(role)<TicketShape>("PATCH", `/tickets/${before.id}`, { body: { status: to } });
				const seen = given(before, to, answer.status, answer.body);
				expect(`${from} → ${to}: ${seen}`).toBe(`${from} → ${to}: ${promised(role, from, to)}`);
				const { body: after } = await tenant.as.owner<TicketShape>("GET", `/tickets/${before.id}`);
				if (seen !== "moved") expect(after).toEqual(before);
				else {
					expect(after.solvedAt !== null).toBe(to === "solved" || to === "closed");
					expect(after.closedAt !== null).toBe(to === "closed");
					expect(after.reopenCount).toBe(from === "solved" && to === "open" ? 1 : 0);
				}
				if (answer.body.code === "ticket_closed") expect(answer.body.followUpUrl).toContain(before.id);
			}
		},
		60_000,
	);
});

/** A closed ticket with something of everything that can be asked about it. */
interface Closed {
	id: string;
	noteId: string;
	messageId: string;
	linkedId: string;
	macroId: string;
}

/** One way to ask: whoever asks for what, and the answer. */
type Way = [role: Role, method: string, route: (closed: Closed) => string, body: unknown, answer: string];

const on = (rest: string) => (closed: Closed) => `/tickets/${closed.id}${rest}`;
const CLOSED = "409 ticket_closed";

/** What every action does with a closed ticket: it is immutable but for what is said here. */
const OF_CLOSED: Record<string, Way[]> = {
	"tickets.update": [
		["owner", "PATCH", on(""), { subject: "Another" }, CLOSED],
		["owner", "PATCH", on(""), { priority: "urgent" }, CLOSED],
		["owner", "PATCH", on(""), { customFields: {}, dueAt: "2027-01-01T00:00:00.000Z" }, CLOSED],
		["owner", "PATCH", on(""), { status: "open" }, CLOSED],
		["agent", "PATCH", on(""), { tags: ["still", "sorted"] }, "200"],
	],
	"tickets.delete": [["owner", "DELETE", on(""), undefined, "204"]],
	"tickets.restore": [
		["owner", "DELETE", on(""), undefined, "204"],
		["owner", "POST", on("/restore"), undefined, "200"],
	],
	"tickets.assign": [
		["owner", "POST", on("/assign"), { assigneeId: null }, CLOSED],
		["owner", "POST", on("/assign"), { groupId: null }, CLOSED],
		["owner", "POST", on("/assign"), { auto: true }, CLOSED],
	],
	"tickets.addMessage": [
		["owner", "POST", on("/messages"), { body: "Too late" }, CLOSED],
		["agent", "POST", on("/messages"), { body: "A remark", kind: "internal_note" }, CLOSED],
		["supervisor", "POST", on("/messages"), { body: "A remark", kind: "internal_note" }, "201"],
		["customer", "POST", on("/messages"), { body: "It is back" }, "201"],
	],
	"tickets.editNote": [
		["supervisor", "PATCH", ({ id, noteId }) => `/tickets/${id}/messages/${noteId}`, { body: "x" }, "200"],
	],
	"tickets.redactMessage": [
		[
			"supervisor",
			"POST",
			({ id, messageId }) => `/tickets/${id}/messages/${messageId}/redact`,
			{ reason: "PII" },
			"200",
		],
	],
	"tickets.addTags": [["agent", "POST", on("/tags"), { tags: ["new"] }, "200"]],
	"tickets.removeTags": [["agent", "DELETE", on("/tags"), { tags: ["first"] }, "200"]],
	"tickets.addLink": [
		["owner", "POST", ({ id }) => `/tickets/${id}/links`, { type: "related", ticketId: "{linkedId}" }, CLOSED],
		["owner", "POST", ({ id }) => `/tickets/${id}/links`, { type: "parent", ticketId: "{linkedId}" }, CLOSED],
	],
	"tickets.removeLink": [
		["owner", "DELETE", ({ id, linkedId }) => `/tickets/${id}/links/${linkedId}`, undefined, CLOSED],
	],
	"tickets.addFollower": [["owner", "POST", on("/followers"), { userId: "me" }, CLOSED]],
	"tickets.removeFollower": [["supervisor", "DELETE", on("/followers/me"), undefined, CLOSED]],
	"tickets.noReplyNeeded": [["agent", "POST", on("/no-reply-needed"), undefined, CLOSED]],
	"tickets.snooze": [["agent", "POST", on("/snooze"), { until: "2999-01-01T00:00:00.000Z" }, CLOSED]],
	"tickets.answerTicketSurvey": [["customer", "POST", on("/csat"), { rating: 5 }, "200"]],
	"tickets.merge": [
		["owner", "POST", on("/merge"), { targetId: "{linkedId}" }, CLOSED],
		["owner", "POST", ({ linkedId }) => `/tickets/${linkedId}/merge`, { targetId: "{id}" }, CLOSED],
	],
	"tickets.previewMerge": [["owner", "POST", on("/merge/preview"), { targetId: "{linkedId}" }, CLOSED]],
	"tickets.split": [["owner", "POST", on("/split"), { messageIds: ["{messageId}"] }, CLOSED]],
	"tickets.waiveSla": [
		["supervisor", "POST", on("/sla/waive"), { metric: "resolution", reason: "The customer was away" }, "409"],
	],
	"tickets.applyMacro": [["agent", "POST", ({ id, macroId }) => `/tickets/${id}/macros/${macroId}`, {}, CLOSED]],
};

const WRITES = contracts.filter(({ rest }) =>
	rest.some((alias) => /^(POST|PUT|PATCH|DELETE) \/tickets\/:id(\/|$)/.test(alias)),
);

async function made(client: Client, route: string, body: unknown): Promise<string> {
	const answer = await client<{ id: string }>("POST", route, { body });
	if (answer.status >= 300) throw new Error(`${route}: ${answer.status} ${JSON.stringify(answer.body)}`);
	return answer.body.id;
}

async function closedTicket(macroId: string): Promise<Closed> {
	const { agent, supervisor } = tenant.as;
	const open = { subject: "Over", description: "Hello", customerId, groupId: tenant.groupId };
	const [id, linkedId] = await Promise.all([
		made(agent, "/tickets", { ...open, tags: ["first"], assigneeId: tenant.userIds.agent }),
		made(agent, "/tickets", open),
	]);
	const messageId = await made(cora, `/tickets/${id}/messages`, { body: "Thanks" });
	const noteId = await made(supervisor, `/tickets/${id}/messages`, { body: "A note", kind: "internal_note" });
	await made(supervisor, `/tickets/${id}/links`, { type: "related", ticketId: linkedId });
	await made(supervisor, `/tickets/${id}/followers`, { userId: "me" });
	expect((await agent("PATCH", `/tickets/${id}`, { body: { status: "closed" } })).status).toBe(200);
	return { id, noteId, messageId, linkedId, macroId };
}

describe("of a closed ticket", () => {
	let macroId: string;
	/** for what is refused in every way: it stays as it is */
	let untouched: Closed;
	let before: TicketShape;
	const read = async ({ id }: Closed) => (await tenant.as.owner<TicketShape>("GET", `/tickets/${id}`)).body;
	beforeAll(async () => {
		const actions = [{ type: "set_priority", priority: "urgent" }];
		const [body, client] = [{ name: "Urgent", actions }, tenant.as.owner];
		macroId = await made(client, "/macros", body);
		untouched = await closedTicket(macroId);
		before = await read(untouched);
	});

	test.each(WRITES.map(({ name }) => name))("%s does what the description says", async (name) => {
		const ways = OF_CLOSED[name];
		if (!ways) throw new Error(`say here what ${name} does with a closed ticket`);
		const refused = ways.every(([, , , , answer]) => answer.startsWith("409"));
		const closed = refused ? untouched : await closedTicket(macroId);
		const filled = (body: unknown) =>
			body === undefined
				? {}
				: { raw: JSON.stringify(body).replace(/\{(\w+)\}/g, (_, key: keyof Closed) => closed[key]) };
		for (const [role, method, route, body, expected] of ways) {
			const answer = await clientOf(role)<{ code?: string; followUp?: boolean }>(method, route(closed), filled(body));
			const seen = answer.status < 400 ? `${answer.status}` : `${answer.status} ${answer.body.code}`;
			expect(`${role} ${method} ${JSON.stringify(body)}: ${seen}`).toContain(`: ${expected}`);
			if (role === "customer" && method === "POST" && name === "tickets.addMessage")
				expect(answer.body.followUp).toBe(true);
		}
		if (refused) expect(await read(untouched)).toEqual(before);
	});
});
