import { type SlaLab, startSlaLab } from "../support/sla-lab.ts";

let lab: SlaLab;

beforeAll(async () => {
	lab = await startSlaLab("2026-04-01T07:00:00.000Z");
}, 60_000);
afterAll(() => lab?.desk.stop());

interface Made {
	id: string;
	messages: { id: string }[];
}

test("a merge ends the promises of the source and leaves those of the target as they are", async () => {
	const [source, target] = [await lab.open(), await lab.open()];
	await lab.at("2026-04-01T07:10:00.000Z");
	await lab.reply(target.id);
	await lab.at("2026-04-01T07:20:00.000Z");
	await lab.reply(source.id, {}, lab.customer);
	const before = await lab.ticket(target.id);
	const { status } = await lab.owner("POST", `/tickets/${source.id}/merge`, { body: { targetId: target.id } });
	expect(status).toBe(200);
	await lab.desk.settle();
	const ended = (await lab.ticket(source.id)).sla;
	expect(ended?.metrics.first_response?.state).toBe("cancelled");
	expect(ended?.metrics.resolution?.state).toBe("cancelled");
	const after = await lab.ticket(target.id);
	expect(after.sla?.metrics.first_response).toEqual(before.sla?.metrics.first_response);
	expect(after.sla?.metrics.resolution).toEqual(before.sla?.metrics.resolution);
	for (const { id } of [source, target]) await lab.explained(id);
	expect(await lab.drift()).toBe(0);
	await lab.at("2026-04-01T07:40:00.000Z");
	await lab.reply(target.id, { status: "solved" });
	await lab.explained(target.id);
	expect(await lab.drift()).toBe(0);
});

test("the clocks of a ticket that was split off begin when it was made", async () => {
	const source = await lab.open();
	await lab.at("2026-04-01T08:00:00.000Z");
	const { messages } = (await lab.owner<Made>("GET", `/tickets/${source.id}`)).body;
	const made = await lab.owner<Made>("POST", `/tickets/${source.id}/split`, {
		body: { messageIds: messages.map(({ id }) => id) },
	});
	expect(made.status).toBe(201);
	const { sla } = await lab.ticket(made.body.id);
	expect(sla?.metrics.first_response).toMatchObject({ state: "active", startedAt: "2026-04-01T08:00:00.000Z" });
	await lab.explained(made.body.id);
	await lab.at("2026-04-01T08:10:00.000Z");
	await lab.reply(made.body.id);
	expect((await lab.ticket(made.body.id)).sla?.metrics.first_response).toMatchObject({
		state: "fulfilled",
		elapsedSec: 600,
	});
	await lab.explained(made.body.id);
	expect(await lab.drift()).toBe(0);
});
