import type { Caller } from "../../../contracts/caller.ts";
import { groupUpdated, userUpdated } from "../../../contracts/identity-events.ts";
import { createTicket, getTicket } from "../../../contracts/tickets.ts";
import { type Assignment, DEFAULT_ASSIGNMENT } from "../../../models/group.ts";
import { populate, type TicketsDesk } from "../desk.ts";

type Availability = "online" | "away" | "offline";

/** A group of people whose tickets are given to them automatically, as the tickets service hears of it. */
export interface Team {
	tenantId: string;
	groupId: string;
	owner: Caller;
	/** by place in what was asked for; ids grow with it */
	agents: {
		id: string;
		is(availability: Availability): Promise<void>;
		becomesUnheard(availability: Availability): void;
	}[];
	open(fields?: object): Promise<{ id: string; assigneeId: string | null }>;
	read(id: string): Promise<{ assigneeId: string | null; assignmentState?: string | null; status: string }>;
	/** everything told so far has taken effect, and every timer that is due has fired */
	settle(): Promise<void>;
}

interface Settling {
	settleTimers(): Promise<void>;
	settleEvents(): Promise<void>;
}

/** Makes a team; everybody is offline to begin with. */
export async function makeTeam(
	desk: TicketsDesk,
	assignment: Partial<Assignment>,
	people: { maxOpenTickets?: number | null; skills?: { name: string; level: number }[] }[],
): Promise<Team> {
	const home = populate(desk);
	const tenantId = home.tenant.id;
	const group = Object.assign(desk.neighbours.group(tenantId, "Queue"), {
		assignment: { ...DEFAULT_ASSIGNMENT, ...assignment },
	});
	await desk.publish(groupUpdated, tenantId, group, { ...group, deleted: false });
	const service = desk.app.broker.getLocalService("tickets") as unknown as Settling;
	const settle = async () => {
		for (let round = 0; round < 2; round++) {
			await service.settleEvents();
			await service.settleTimers();
		}
	};
	const agents: Team["agents"] = [];
	for (const { maxOpenTickets = null, skills = [] } of people) {
		const person = desk.neighbours.person(tenantId, "agent", [group.id], { maxOpenTickets, availability: "offline" });
		const becomesUnheard = (availability: Availability) => {
			person.version += 1;
			person.availability = availability;
		};
		const is = async (availability: Availability) => {
			becomesUnheard(availability);
			const availabilityChangedAt = desk.clock.now().toISOString();
			await desk.publish(userUpdated, tenantId, person, { ...person, skills, availabilityChangedAt });
		};
		await is("offline");
		agents.push({ id: person.id, is, becomesUnheard });
	}
	await settle();
	return {
		tenantId,
		groupId: group.id,
		owner: home.owner,
		agents,
		settle,
		open: (fields = {}) =>
			desk.call(createTicket, { subject: "x", customerId: home.cora.id, groupId: group.id, ...fields }, home.owner),
		read: (id) => desk.call(getTicket, { id }, home.owner),
	};
}
