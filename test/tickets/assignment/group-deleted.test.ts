import { groupDeleted } from "../../../contracts/identity-events.ts";
import { listTickets, updateTicket } from "../../../contracts/tickets.ts";
import { DEFAULT_ASSIGNMENT } from "../../../models/group.ts";
import { startTickets, type TicketsDesk } from "../desk.ts";
import { makeTeam } from "./team.ts";

let desk: TicketsDesk;
beforeAll(async () => {
	desk = await startTickets();
}, 60_000);
afterAll(() => desk?.stop());

test("the open tickets of a deleted group leave it, and its solved ones when they are opened again", async () => {
	const team = await makeTeam(desk, { strategy: "round_robin", maxOpenPerAgent: 1 }, [{}]);
	const { owner, groupId, tenantId } = team;
	await team.agents[0]?.is("online");
	await team.settle();
	const given = await team.open();
	expect(given.assigneeId).toBe(team.agents[0]?.id);
	const waiting = await team.open();
	expect(await team.read(waiting.id)).toMatchObject({ assignmentState: "waiting", groupId });
	const solved = await team.open();
	await desk.app.call(updateTicket, { id: solved.id, assigneeId: team.agents[0]?.id as string }, owner);
	await desk.app.call(updateTicket, { id: solved.id, status: "solved" }, owner);

	const gone = { tenantId, id: groupId, version: 9 };
	const data = { name: "Queue", assignment: DEFAULT_ASSIGNMENT, calendarId: null, deleted: true };
	await desk.publish(groupDeleted, tenantId, gone, data);
	await team.settle();
	for (const { id } of [given, waiting])
		expect(await team.read(id)).toMatchObject({ groupId: null, assigneeId: null, assignmentState: null });
	const left = { filter: { groupId: { eq: groupId } }, limit: 10 };
	const { data: rows } = await desk.app.call(listTickets, left as never, owner);
	expect(rows.map(({ id }) => id)).toEqual([solved.id]);
	const told = (await desk.eventsOf()).filter(
		({ type, tenantId: of }) => type === "ticket.unassigned" && of === tenantId,
	);
	expect(told.map(({ data: { reason } }) => reason)).toEqual(["group_deleted"]);

	const again = await desk.app.call(updateTicket, { id: solved.id, status: "open" }, owner);
	expect(again).toMatchObject({ status: "open", groupId: null, assigneeId: null });
});
