import { createRule, listRuleRuns } from "../../../contracts/rules.ts";
import { createTicket, getTicket } from "../../../contracts/tickets.ts";
import type { EventLog, SubscribeOptions } from "../../../lib/event-log.ts";
import type { ServiceAdapter } from "../../../mixins/adapter.ts";
import type { Runtime } from "../../../mixins/runtime.ts";
import { inboxModel } from "../../../models/outbox.ts";
import ticketsService from "../../../services/tickets/tickets.service.ts";
import { startBroker, type TestBroker } from "../../support/broker.ts";
import { eventually, Neighbours, populate, type TicketsDesk } from "../desk.ts";

/*
 * A process that dies while rules run: the log delivers the event again to whoever comes next.
 */

let app: TestBroker;
let neighbours: Neighbours;
/** the deliveries that were handled and then forgotten, as by a process that died before it could say so */
let died = 0;
let deliveredAgain = 0;

/** Forgets that an event was handled, as far as the log and the inbox know. */
async function forget(): Promise<void> {
	const { adapter } = app.broker.getLocalService("tickets") as unknown as { adapter: ServiceAdapter };
	await adapter.conn.model(inboxModel.name).deleteMany({ _id: { $gte: "tickets.rules", $lt: "tickets.rulet" } });
}

function dying(events: EventLog): EventLog {
	const subscribe = (options: SubscribeOptions) =>
		events.subscribe({
			...options,
			handler: async (event, delivery) => {
				await options.handler(event, delivery);
				if (options.group !== "tickets.rules") return;
				if (delivery.attempt > 1) {
					deliveredAgain += 1;
					return;
				}
				await forget();
				died += 1;
				throw new Error("the process died here");
			},
		});
	return new Proxy(events, {
		get: (target, key) => {
			if (key === "subscribe") return subscribe;
			const value = Reflect.get(target, key) as unknown;
			return typeof value === "function" ? value.bind(target) : value;
		},
	});
}

beforeAll(async () => {
	neighbours = new Neighbours();
	app = await startBroker([
		() => neighbours.identityService(),
		() => neighbours.customersService(),
		(runtime: Runtime) => ticketsService({ ...runtime, events: dying(runtime.events) } as Runtime),
	]);
}, 60_000);
afterAll(() => app?.stop());

test("what ran is not run again", async () => {
	const here = populate({ neighbours } as TicketsDesk);
	const { owner, cora } = here;
	const note = { type: "add_internal_note", template: "Once" } as const;
	const ids: string[] = [];
	for (const name of ["first", "second"]) {
		const rule = { name, trigger: "ticket.created" as const, actions: [note], maxRunsPerTicket: 10 };
		ids.push((await app.call(createRule, rule, owner)).id);
	}
	const ticket = { subject: "Help", description: "Now", customerId: cora.id };
	const { id } = await app.call(createTicket, ticket, owner);
	// The events of the ticket itself, and of the two notes.
	await eventually(async () => died >= 3 && deliveredAgain === died);
	expect((await app.call(getTicket, { id }, owner)).messages).toHaveLength(3);
	for (const rule of ids)
		expect((await app.call(listRuleRuns, { id: rule }, owner)).data.map((run) => run.ticketId)).toEqual([id]);
});
