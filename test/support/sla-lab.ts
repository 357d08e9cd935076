import type { SlaView } from "../../contracts/sla-views.ts";
import type { TicketSlaView } from "../../contracts/ticket-sla.ts";
import { type Client, type Desk, type DeskTenant, startDesk } from "./desk.ts";
import { type ManualClock, manualClock } from "./manual-clock.ts";

const NINE_TO_FIVE = [["09:00", "17:00"]];
export const HOUR = 3600;

/** Hours of Berlin's working week, as the spec's worked numbers have them. */
export const BERLIN = {
	name: "Berlin",
	timeZone: "Europe/Berlin",
	hours: { mon: NINE_TO_FIVE, tue: NINE_TO_FIVE, wed: NINE_TO_FIVE, thu: NINE_TO_FIVE, fri: NINE_TO_FIVE },
};

const every = (seconds: number | null) => ({ low: seconds, normal: seconds, high: seconds, urgent: seconds });

/** The policy of the spec's worked numbers, for every priority; urgent tickets are resolved in half the time. */
export const GOLD = {
	name: "Gold",
	isDefault: true,
	targets: {
		first_response: every(HOUR),
		next_response: every(2 * HOUR),
		resolution: { ...every(8 * HOUR), urgent: 4 * HOUR },
	},
	pauseOn: { resolution: ["pending", "on_hold"] },
	atRisk: { percent: 80 },
};

export interface LabTicket {
	id: string;
	version: number;
	status: string;
	sla: SlaView | null;
}

/** A tenant with one calendar and one policy, whose time the test moves. */
export interface SlaLab {
	desk: Desk;
	clock: ManualClock;
	tenant: DeskTenant;
	owner: Client;
	customer: Client;
	customerId: string;
	calendarId: string;
	policyId: string;
	/** Moves the clock to an instant, which must not be past, and lets everything happen that is due by then. */
	at(instant: string): Promise<void>;
	open(fields?: Record<string, unknown>, by?: Client): Promise<LabTicket>;
	reply(id: string, fields?: Record<string, unknown>, by?: Client): Promise<void>;
	patch(id: string, fields: Record<string, unknown>, by?: Client): Promise<LabTicket>;
	ticket(id: string): Promise<LabTicket>;
	/** calculated from the history, which has to be what is stored */
	explained(id: string): Promise<TicketSlaView>;
	drift(): Promise<number>;
}

async function must<T>(answer: ReturnType<Client>, status: number): Promise<T> {
	const { status: given, body } = await answer;
	if (given !== status) throw new Error(`answered ${given} instead of ${status}: ${JSON.stringify(body)}`);
	return body as T;
}

/** Starts a desk at an instant, with a tenant as above. */
export async function startSlaLab(start: string, policy: object = GOLD): Promise<SlaLab> {
	const clock = manualClock(start);
	const desk = await startDesk({ clock });
	const tenant = await desk.tenant();
	const { owner } = tenant.as;
	const calendar = await must<{ id: string }>(owner("POST", "/calendars", { body: BERLIN }), 201);
	const made = { calendarId: calendar.id, ...policy };
	const { id: policyId } = await must<{ id: string }>(owner("POST", "/sla-policies", { body: made }), 201);
	const person = { name: "Cora", email: `cora@${tenant.slug}.example` };
	const { id: customerId } = await must<{ id: string }>(owner("POST", "/customers", { body: person }), 201);
	const customer = await tenant.customer(customerId);
	await desk.settle();
	return {
		...{ desk, clock, tenant, owner, customer, customerId, calendarId: calendar.id, policyId },
		async at(instant) {
			const ms = Date.parse(instant) - clock.now().getTime();
			if (!(ms >= 0)) throw new Error(`${instant} is past`);
			clock.advance(ms);
			await desk.settle();
		},
		open: (fields = {}, by = customer) => {
			const who = by === customer ? {} : { customerId };
			const body = { subject: "Help", description: "It does not work.", priority: "high", ...who, ...fields };
			return must(by("POST", "/tickets", { body }), 201);
		},
		async reply(id, fields = {}, by = owner) {
			await must(by("POST", `/tickets/${id}/messages`, { body: { body: "A word.", ...fields } }), 201);
		},
		patch: (id, body, by = owner) => must(by("PATCH", `/tickets/${id}`, { body }), 200),
		ticket: (id) => must(owner("GET", `/tickets/${id}`), 200),
		explained: (id) => must(owner("GET", `/tickets/${id}/sla?explain=true`), 200),
		async drift() {
			const text = await desk.app.runtime.metrics.text();
			return Number(/^sla_drift_total (\d+)/m.exec(text)?.[1]);
		},
	};
}
