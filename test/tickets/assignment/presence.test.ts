import { assignTicket, createTicket, updateTicket } from "../../../contracts/tickets.ts";
import { startTickets, type TicketsDesk } from "../desk.ts";
import { makeTeam, type Team } from "./team.ts";

let desk: TicketsDesk;
beforeAll(async () => {
	desk = await startTickets();
}, 60_000);
afterAll(() => desk?.stop());

/** Somebody of two who was there has just left, and no event of it has arrived. */
async function oneHasJustLeft(): Promise<Team> {
	const team = await makeTeam(desk, { strategy: "round_robin" }, [{}, {}]);
	for (const agent of team.agents) await agent.is("online");
	await team.settle();
	team.agents[0]?.becomesUnheard("offline");
	return team;
}

const there = (team: Team) => team.agents[1]?.id;

test("nobody who has just left is given a new ticket", async () => {
	const team = await oneHasJustLeft();
	for (let i = 0; i < 3; i++) expect((await team.open()).assigneeId).toBe(there(team));
	team.agents[1]?.becomesUnheard("offline");
	const { id, assigneeId } = await team.open();
	expect(assigneeId).toBeNull();
	expect(await team.read(id)).toMatchObject({ assigneeId: null, assignmentState: "waiting" });
});

test("nor one that comes into the group, or for which somebody is asked", async () => {
	const team = await oneHasJustLeft();
	const { groupId, owner } = team;
	const moved = await team.open({ groupId: null });
	const changed = await desk.app.call(updateTicket, { id: moved.id, groupId }, owner);
	expect(changed.assigneeId).toBe(there(team));
	const asked = await team.open({ groupId: null });
	const assigned = await desk.app.call(assignTicket, { id: asked.id, groupId, auto: true }, owner);
	expect(assigned.assigneeId).toBe(there(team));
});

test("nor the continuation of a ticket that was in the group", async () => {
	const team = await oneHasJustLeft();
	const { id } = await team.open();
	await desk.app.call(updateTicket, { id, status: "solved" }, team.owner);
	await desk.app.call(updateTicket, { id, status: "closed" }, team.owner);
	team.agents[1]?.becomesUnheard("offline");
	const next = { subject: "Again", description: "It is back.", followUpOfId: id };
	expect((await desk.app.call(createTicket, next, team.owner)).assigneeId).toBeNull();
});
