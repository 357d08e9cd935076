import type { ServiceSchema } from "moleculer";
import { systemActor } from "../../../contracts/caller.ts";
import { ticketAssigned } from "../../../contracts/tickets-events.ts";
import { newId } from "../../../lib/ids.ts";
import { isProblem } from "../../../lib/problem.ts";
import { collectionMixin } from "../../../mixins/collection.mixin.ts";
import { assignAutomatically } from "../../../services/tickets/assignment/choose.ts";
import { changeBySystem } from "../../../services/tickets/system-change.ts";
import { openTickets, type Tickets } from "../../../services/tickets/tickets-store.ts";
import { startTickets, type TicketsDesk } from "../desk.ts";
import { makeTeam, type Team } from "./team.ts";

let desk: TicketsDesk;
/** two more processes of the service, on the same database, with nothing in common but that */
const others: Tickets[] = [];
beforeAll(async () => {
	desk = await startTickets();
	for (const name of ["second", "third"]) {
		const tickets = openTickets(
			desk.app.runtime,
			() => undefined,
			() => desk.app.broker,
		);
		others.push(tickets);
		desk.app.broker.createService({ name, mixins: [collectionMixin(tickets.store)] } as unknown as ServiceSchema);
	}
	await desk.app.broker.waitForServices(["second", "third"]);
}, 60_000);
afterAll(() => desk?.stop());

/** Gives one ticket away as any process would; whether it did. A lost race is tried again until somebody has it. */
async function give(tickets: Tickets, tenantId: string, ticketId: string): Promise<boolean> {
	const command = { tenantId, actor: systemActor("test"), correlationId: newId(), causationId: null, id: null };
	try {
		return await tickets.store.commit(command, async (tx) => {
			const ticket = await tickets.tickets.require({ tenantId }, ticketId, tx);
			if (ticket.assigneeId !== null) return false;
			const chosen = await assignAutomatically(tickets, tx, ticket);
			if (!chosen) return false;
			await changeBySystem(tickets, tx, ticketId, {
				action: "ticket.assigned",
				cause: { type: "system", id: "test" },
				command: { type: "change", patch: { assigneeId: chosen.assigneeId }, strategy: chosen.strategy },
			});
			return true;
		});
	} catch (error) {
		if (isProblem(error) && error.code === 409) return give(tickets, tenantId, ticketId);
		throw error;
	}
}

async function countsOf(team: Team, ids: readonly string[]): Promise<number[]> {
	const held = await Promise.all(ids.map(async (id) => (await team.read(id)).assigneeId));
	return team.agents.map(({ id }) => held.filter((one) => one === id).length);
}

test("several processes that give tickets away at once give nobody too many, and no ticket twice", async () => {
	const team = await makeTeam(desk, { strategy: "load_balanced", maxOpenPerAgent: 3 }, [{}, {}, { maxOpenTickets: 1 }]);
	const ids: string[] = [];
	for (let i = 0; i < 12; i++) ids.push((await team.open()).id);
	// They come without anybody hearing of it but those who give tickets away.
	for (const agent of team.agents) await agent.is("online");
	const service = desk.app.broker.getLocalService("tickets") as unknown as { settleEvents(): Promise<void> };
	await service.settleEvents();
	await Promise.all([...ids, ...ids].map((id, i) => give(others[i % 2] as Tickets, team.tenantId, id)));
	await team.settle();
	expect(await countsOf(team, ids)).toEqual([3, 3, 1]);
	const told = await desk.eventsOf();
	const assigned = told.filter(({ type, tenantId }) => type === ticketAssigned.type && tenantId === team.tenantId);
	expect(assigned).toHaveLength(7);
	expect(new Set(assigned.map(({ subject }) => subject)).size).toBe(7);
}, 60_000);

test("tickets opened all at once are shared out evenly and stop at what people can take", async () => {
	const team = await makeTeam(desk, { strategy: "round_robin", maxOpenPerAgent: 4 }, [{}, {}, {}]);
	for (const agent of team.agents) await agent.is("online");
	await team.settle();
	// A tenant's first ticket ever is not opened together with others.
	await team.open({ groupId: null });
	const opened = await Promise.all(Array.from({ length: 9 }, () => team.open()));
	const ids = opened.map(({ id }) => id);
	expect(await countsOf(team, ids)).toEqual([3, 3, 3]);
	const more = await Promise.all(Array.from({ length: 9 }, () => team.open()));
	await team.settle();
	expect(await countsOf(team, [...ids, ...more.map(({ id }) => id)])).toEqual([4, 4, 4]);
}, 60_000);
