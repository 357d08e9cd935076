// Prints how long 1,000 waiting tickets take to be given to 50 people who come at once, and what opening a ticket costs
// where one of 50 people is chosen for it, as against one without a group. Embedded store, or MONGO_URL with
// TEST_STORE=mongo.

import type { ServiceAdapter } from "../mixins/adapter.ts";
import { ticketModel } from "../models/ticket.ts";
import { makeTeam } from "../test/tickets/assignment/team.ts";
import { startTickets } from "../test/tickets/desk.ts";
import { table } from "./measure.ts";

const WAITING = Number(process.env.WAITING ?? 1000);
const PEOPLE = 50;
const OPENED = 100;

const desk = await startTickets();
const rows: (string | number)[][] = [];
const measure = async (what: string, count: number, work: () => Promise<unknown>) => {
	const begun = performance.now();
	await work();
	const ms = performance.now() - begun;
	rows.push([what, count, (ms / 1000).toFixed(2), (ms / count).toFixed(1)]);
};
const people = Array.from({ length: PEOPLE }, () => ({}));
const { adapter } = desk.app.broker.getLocalService("tickets") as unknown as { adapter: ServiceAdapter };
for (const strategy of ["round_robin", "load_balanced"] as const) {
	const team = await makeTeam(desk, { strategy, maxOpenPerAgent: Math.ceil(WAITING / PEOPLE) + OPENED }, people);
	const { tenantId, groupId } = team;
	await measure("opened, nobody there", WAITING, async () => {
		for (let i = 0; i < WAITING; i++) await team.open();
	});
	await measure(`given to ${PEOPLE} people who come, ${strategy}`, WAITING, async () => {
		for (const agent of team.agents) await agent.is("online");
		await team.settle();
		const left = { tenantId, groupId, assignmentState: "waiting" };
		while ((await adapter.conn.model(ticketModel.name).countDocuments(left)) > 0) await team.settle();
	});
	await measure(`opened, one of ${PEOPLE} chosen, ${strategy}`, OPENED, async () => {
		for (let i = 0; i < OPENED; i++) await team.open();
	});
	await measure("opened without a group", OPENED, async () => {
		for (let i = 0; i < OPENED; i++) await team.open({ groupId: null });
	});
}
console.log(table(["what", "tickets", "s", "ms each"], rows));
await desk.stop();
