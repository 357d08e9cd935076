import fc from "fast-check";
import type { TicketSlaView } from "../../contracts/ticket-sla.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import type { Client } from "../support/desk.ts";
import { HOUR, type SlaLab, startSlaLab } from "../support/sla-lab.ts";

/*
 * Whatever is done to tickets in whatever order: what is stored of their clocks is what their history says, and every
 * promise is told of as often as it should be.
 */

let lab: SlaLab;
let second: string;

beforeAll(async () => {
	lab = await startSlaLab("2026-03-02T08:00:00.000Z");
	const { body } = await lab.owner<{ id: string }>("POST", "/sla-policies", {
		body: {
			name: "Silver",
			calendarId: "always",
			conditions: { any: [{ field: "tags", operator: "contains", value: "silver" }] },
			targets: { first_response: { high: 300, urgent: null }, resolution: { high: 7200, normal: 9000 } },
			pauseOn: { first_response: ["on_hold"], resolution: ["pending"] },
			atRisk: { secBefore: 120 },
		},
	});
	second = body.id;
}, 60_000);
afterAll(() => lab?.desk.stop());

type Step = { what: string; minutes: number };

const STEPS = [
	...["customer", "customer", "agent", "agent", "note"],
	...["open", "pending", "on_hold", "solved", "closed"],
	...["urgent", "high", "normal", "silver", "gold", "delete", "restore", "calm"],
	...["waive", "policy", "calendar", "imported", "solvedByCustomer", "merge", "split"],
] as const;

const sequence = fc.array(fc.record({ what: fc.constantFrom(...STEPS), minutes: fc.integer({ min: 0, max: 300 }) }), {
	minLength: 3,
	maxLength: 14,
});

/** What is not possible at the moment is answered with 4xx, which is fine. */
async function tryTo(call: ReturnType<Client>): Promise<{ status: number; body: Record<string, unknown> }> {
	const answer = await call;
	if (answer.status >= 500) throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
	return answer as never;
}

async function take(id: string, what: (typeof STEPS)[number]): Promise<string[]> {
	const { owner, customer, tenant } = lab;
	const path = `/tickets/${id}`;
	const say = (by: Client, body: object) =>
		tryTo(by("POST", `${path}/messages`, { body: { body: "A word.", ...body } }));
	const patch = (body: object) => tryTo(owner("PATCH", path, { body }));
	switch (what) {
		case "customer":
			await say(customer, {});
			break;
		case "agent":
			await say(owner, {});
			break;
		case "note":
			await say(owner, { kind: "internal_note" });
			break;
		case "solvedByCustomer":
			await tryTo(customer("PATCH", path, { body: { status: "solved" } }));
			break;
		case "imported": {
			const before = lab.clock.now().getTime() - 90 * 60_000;
			const { body: ticket } = await owner<{ createdAt?: string }>("GET", path);
			if (!ticket.createdAt) break;
			await say(owner, { createdAt: new Date(Math.max(before, Date.parse(ticket.createdAt))).toISOString() });
			break;
		}
		case "urgent":
		case "high":
		case "normal":
			await patch({ priority: what });
			break;
		case "silver":
		case "gold":
			await patch({ tags: [what] });
			break;
		case "delete":
			await tryTo(owner("DELETE", path));
			break;
		case "restore":
			await tryTo(owner("POST", `${path}/restore`));
			break;
		case "calm":
			await tryTo(owner("POST", `${path}/no-reply-needed`));
			break;
		case "waive":
			for (const metric of ["first_response", "resolution"])
				await tryTo(tenant.as.supervisor("POST", `${path}/sla/waive`, { body: { metric, reason: "So it is" } }));
			break;
		case "policy": {
			const sec = (2 + (lab.clock.now().getTime() % 7)) * HOUR;
			const targets = { resolution: { high: sec, urgent: sec } };
			await tryTo(owner("PATCH", `/sla-policies/${second}`, { body: { targets } }));
			await tryTo(owner("PATCH", `/sla-policies/${lab.policyId}`, { body: { targets } }));
			break;
		}
		case "calendar": {
			const date = new Date(lab.clock.now().getTime() + 86_400_000).toISOString().slice(0, 10);
			await tryTo(owner("PATCH", `/calendars/${lab.calendarId}`, { body: { holidays: [{ date, name: "Off" }] } }));
			break;
		}
		case "merge": {
			const other = await lab.open();
			await tryTo(owner("POST", `/tickets/${other.id}/merge`, { body: { targetId: id } }));
			return [other.id];
		}
		case "split": {
			const { body } = await tryTo(owner("GET", `${path}/messages`));
			const [message] = (body.data as { id: string }[] | undefined) ?? [];
			if (!message) break;
			const made = await tryTo(owner("POST", `${path}/split`, { body: { messageIds: [message.id] } }));
			return made.status === 201 ? [made.body.id as string] : [];
		}
		default:
			await patch({ status: what });
	}
	return [];
}

/** Every event of promises that was told of these tickets, in order. */
async function told(ids: readonly string[]): Promise<DomainEvent[]> {
	const found: DomainEvent[] = [];
	for (let after = 0; ; ) {
		const some = await lab.desk.app.runtime.events.read({
			tenantId: lab.tenant.id,
			types: ["sla.*"],
			after,
			limit: 500,
		});
		for (const { event } of some) if (ids.includes(event.subject.slice("ticket/".length))) found.push(event);
		const last = some.at(-1);
		if (!last) return found;
		after = last.position;
	}
}

interface Told {
	metric: string;
	instanceNo: number;
}

/** What is told once is told once, and the warning before the breach. */
function checkTold(events: readonly DomainEvent[]): void {
	const seen: string[] = [];
	for (const { type, subject, data } of events) {
		if (type !== "sla.at_risk" && type !== "sla.breached") continue;
		const { metric, instanceNo } = data as unknown as Told;
		const what = `${subject} ${metric} ${instanceNo}`;
		expect(seen).not.toContain(`${what} ${type}`);
		if (type === "sla.breached") expect(seen).toContain(`${what} sla.at_risk`);
		seen.push(`${what} ${type}`);
	}
}

async function play(steps: Step[]): Promise<void> {
	const { id } = await lab.open();
	const ids = [id];
	for (const { what, minutes } of steps) {
		lab.clock.advance(minutes * 60_000);
		if (minutes % 2 === 0) await lab.desk.settle();
		ids.push(...(await take(id, what as (typeof STEPS)[number])));
	}
	await lab.desk.settle();
	checkTold(await told(ids));
	for (const one of ids) {
		const { status, body } = await lab.owner<TicketSlaView>("GET", `/tickets/${one}/sla?explain=true`);
		if (status === 404) continue;
		const ticket = await lab.ticket(one);
		if (ticket.sla) expect(body).toMatchObject(ticket.sla);
		for (const { segments = [], elapsedSec } of Object.values(body.metrics))
			expect(segments.reduce((sum, { countedSec }) => sum + countedSec, 0)).toBe(elapsedSec);
		expect(await lab.drift()).toBe(0);
	}
}

test("stored is what the history says", async () => {
	await fc.assert(fc.asyncProperty(sequence, play), {
		seed: 7,
		numRuns: 25,
		endOnFailure: true,
		includeErrorInReport: true,
	});
}, 160_000);
