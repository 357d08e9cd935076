import { userDeactivated, userUpdated } from "../../contracts/identity-events.ts";
import type { StaffRole } from "../../contracts/permissions.ts";
import { createTicket, getTicket, updateTicket } from "../../contracts/tickets.ts";
import { eventually, type Populated, populate, startTickets, type TicketsDesk } from "./desk.ts";

let desk: TicketsDesk;
beforeAll(async () => {
	desk = await startTickets();
}, 30_000);
afterAll(() => desk?.stop());

interface State {
	version: number;
	role?: StaffRole;
	status?: "active" | "deactivated";
	groupIds?: string[];
}

/** Tells of somebody of staff as identity would. */
async function tell(home: Populated, userId: string, state: State): Promise<void> {
	const { tenantId, id, ...person } = { ...desk.neighbours.people.get(userId)!, ...state };
	desk.neighbours.people.set(userId, { tenantId, id, ...person });
	const contract = person.status === "deactivated" ? userDeactivated : userUpdated;
	await desk.publish(contract, home.tenant.id, { tenantId, id, version: state.version }, { ...person, skills: [] });
}

const opener = (home: Populated) => (fields: object) =>
	desk.call(createTicket, { subject: "x", customerId: home.cora.id, assigneeId: home.agent.id, ...fields }, home.owner);
const read = (home: Populated, id: string) => desk.call(getTicket, { id }, home.owner);

test("who leaves hands over what is open, once each, however much it is; what is done keeps the name", async () => {
	const home = populate(desk);
	const open = opener(home);
	const done = await open({});
	await desk.call(updateTicket, { id: done.id, status: "solved" }, home.owner);
	const others = await open({ assigneeId: home.colleague.id, groupId: home.group.id });
	const ids: string[] = [];
	for (let i = 0; i < 120; i++) ids.push((await open(i % 2 ? { groupId: home.group.id } : {})).id);
	await tell(home, home.agent.id, { version: 2, status: "deactivated" });
	await eventually(async () => (await read(home, ids.at(-1)!)).assigneeId === null);
	await eventually(async () => (await read(home, ids[0]!)).assigneeId === null);
	const told = (await desk.eventsOf()).filter(({ type }) => type === "ticket.unassigned");
	expect(told.map(({ subject }) => subject).sort()).toEqual(ids.map((id) => `ticket/${id}`).sort());
	for (const event of told)
		expect(event).toMatchObject({
			actor: { type: "system", id: "tickets" },
			data: { from: home.agent.id, to: null, reason: "deactivated" },
		});
	expect(await read(home, ids[1]!)).toMatchObject({ groupId: home.group.id, status: "open", assignedAt: null });
	expect((await read(home, done.id)).assigneeId).toBe(home.agent.id);
	expect((await read(home, others.id)).assigneeId).toBe(home.colleague.id);
}, 60_000);

test("who leaves a group hands over that group's, and who becomes a viewer everything", async () => {
	const home = populate(desk);
	const open = opener(home);
	const both = [home.group.id, home.other.id];
	await tell(home, home.agent.id, { version: 2, groupIds: both });
	const first = await open({ groupId: home.group.id });
	const second = await open({ groupId: home.other.id });
	const free = await open({});
	await tell(home, home.agent.id, { version: 3, groupIds: [home.other.id] });
	await eventually(async () => (await read(home, first.id)).assigneeId === null);
	expect((await desk.eventsOf(first.id)).at(-1)).toMatchObject({ data: { reason: "left_group" } });
	for (const { id } of [second, free]) expect((await read(home, id)).assigneeId).toBe(home.agent.id);
	await tell(home, home.agent.id, { version: 4, role: "viewer", groupIds: [home.other.id] });
	for (const { id } of [second, free]) {
		await eventually(async () => (await read(home, id)).assigneeId === null);
		expect((await desk.eventsOf(id)).at(-1)).toMatchObject({ data: { reason: "role_changed" } });
	}
});
