import { GOLD, HOUR, type SlaLab, startSlaLab } from "../support/sla-lab.ts";

/** Friday 27 March 2026, 16:30 by Berlin's clock; on Sunday the clock changes. */
const FRIDAY = "2026-03-27T15:30:00.000Z";

let lab: SlaLab;

beforeAll(async () => {
	lab = await startSlaLab(FRIDAY);
}, 60_000);
afterAll(() => lab?.desk.stop());

describe("the worked numbers", () => {
	let id: string;

	test("1: the first response is due on Monday by the new time", async () => {
		const ticket = await lab.open();
		id = ticket.id;
		const { sla } = await lab.ticket(id);
		expect(sla).toMatchObject({ policyName: "Gold", state: "active", nextMetric: "first_response" });
		expect(sla?.nextBreachAt).toBe("2026-03-30T07:30:00.000Z");
		expect(sla?.metrics.first_response).toMatchObject({
			dueAt: "2026-03-30T07:30:00.000Z",
			atRiskAt: "2026-03-30T07:18:00.000Z",
			state: "active",
			elapsedSec: 0,
			remainingSec: HOUR,
			breached: false,
		});
	});

	test("1: it is at risk from 09:18 on", async () => {
		await lab.at("2026-03-30T07:18:00.000Z");
		const { sla } = await lab.ticket(id);
		expect(sla?.state).toBe("at_risk");
		expect(sla?.metrics.first_response).toMatchObject({ state: "at_risk", elapsedSec: 2880 });
		const { body } = await lab.owner<{ data: { id: string }[] }>("GET", "/tickets?slaState=at_risk");
		expect(body.data.map((one) => one.id)).toEqual([id]);
	});

	test("2: the resolution waits while the ticket is pending", async () => {
		await lab.at("2026-03-30T08:00:00.000Z");
		expect((await lab.ticket(id)).sla?.metrics.resolution?.dueAt).toBe("2026-03-30T14:30:00.000Z");
		await lab.reply(id, { status: "pending" });
		expect((await lab.ticket(id)).sla?.metrics.resolution).toMatchObject({
			state: "paused",
			elapsedSec: 5400,
			remainingSec: 23_400,
			dueAt: null,
			pausedSince: "2026-03-30T08:00:00.000Z",
			pauseReason: "pending",
		});
		await lab.at("2026-03-31T09:00:00.000Z");
		await lab.reply(id, {}, lab.customer);
		expect((await lab.ticket(id)).sla?.metrics.resolution).toMatchObject({
			state: "active",
			dueAt: "2026-04-01T07:30:00.000Z",
		});
	});

	test("3: a higher priority keeps what was used", async () => {
		await lab.at("2026-03-31T10:00:00.000Z");
		await lab.patch(id, { priority: "urgent" });
		expect((await lab.ticket(id)).sla?.metrics.resolution).toMatchObject({
			elapsedSec: 9000,
			targetSec: 4 * HOUR,
			dueAt: "2026-03-31T11:30:00.000Z",
		});
		await lab.reply(id);
	});

	test("4: a next response counts from the oldest message that nobody answered", async () => {
		await lab.at("2026-03-31T12:00:00.000Z");
		await lab.reply(id, {}, lab.customer);
		await lab.at("2026-03-31T12:20:00.000Z");
		await lab.reply(id, {}, lab.customer);
		await lab.at("2026-03-31T13:10:00.000Z");
		await lab.reply(id);
		expect((await lab.ticket(id)).sla?.metrics.next_response).toMatchObject({
			state: "fulfilled",
			instanceNo: 2,
			startedAt: "2026-03-31T12:00:00.000Z",
			elapsedSec: 4200,
			breached: false,
		});
	});

	test("what is calculated from the history is what is stored, and its parts add up", async () => {
		const shown = await lab.explained(id);
		const { sla } = await lab.ticket(id);
		const { resolution, first_response, next_response } = shown.metrics;
		for (const one of [resolution, first_response, next_response, ...shown.earlier])
			expect((one?.segments ?? []).reduce((sum, { countedSec }) => sum + countedSec, 0)).toBe(one?.elapsedSec);
		expect(shown).toMatchObject(sla as object);
		expect(shown.earlier).toMatchObject([{ instanceNo: 1, state: "fulfilled", elapsedSec: HOUR }]);
		expect(resolution?.segments?.map(({ why }) => why)).toEqual(
			expect.arrayContaining(["business", "closed", "paused:pending"]),
		);
		expect(await lab.drift()).toBe(0);
	});
});

describe("what happens by itself", () => {
	test("a breach is told once, with the exact instant, and after the warning", async () => {
		await lab.at("2026-04-01T07:00:00.000Z");
		const { id } = await lab.open();
		await lab.at("2026-04-01T09:30:00.000Z");
		const { sla } = await lab.ticket(id);
		expect(sla?.metrics.first_response).toMatchObject({
			state: "breached",
			breachedAt: "2026-04-01T08:00:00.000Z",
			breachedBySec: 5400,
		});
		expect(sla).toMatchObject({
			state: "breached",
			nextMetric: "resolution",
			nextBreachAt: "2026-04-01T15:00:00.000Z",
		});
		const { body } = await lab.owner<{ data: { action: string; cause: object }[] }>("GET", `/tickets/${id}/audit`);
		expect(body.data.filter(({ action }) => action.startsWith("sla."))).toHaveLength(1);
		expect(body.data.find(({ action }) => action === "sla.breached")).toMatchObject({ cause: { type: "sla" } });
		await lab.reply(id);
		expect((await lab.ticket(id)).sla?.metrics.first_response).toMatchObject({
			state: "breached",
			fulfilledAt: "2026-04-01T09:30:00.000Z",
			breachedBySec: 5400,
			elapsedSec: 9000,
		});
		await lab.explained(id);
		expect(await lab.drift()).toBe(0);
	});

	test("the answer that comes before anybody looked says in the history that it was late", async () => {
		const { id } = await lab.open();
		lab.clock.advance(61 * 60_000);
		await lab.reply(id);
		await lab.desk.settle();
		const { body } = await lab.owner<{ data: { action: string; changes: object[] }[] }>("GET", `/tickets/${id}/audit`);
		const told = body.data.filter(({ changes }) => JSON.stringify(changes).includes('"breached"'));
		expect(told).toMatchObject([
			{
				action: "message.added",
				changes: expect.arrayContaining([{ field: "sla.first_response", from: "active", to: "breached" }]),
			},
		]);
		await lab.explained(id);
		expect(await lab.drift()).toBe(0);
	});

	test("a supervisor forgives a breach, once", async () => {
		const { id } = await lab.open();
		const waive = (by = lab.tenant.as.supervisor, metric = "first_response") =>
			by("POST", `/tickets/${id}/sla/waive`, { body: { metric, reason: "A holiday of theirs" } });
		expect((await waive()).status).toBe(409);
		await lab.at("2026-04-01T12:00:00.000Z");
		expect((await waive(lab.tenant.as.agent)).status).toBe(403);
		const { status, body } = await waive();
		expect(status).toBe(200);
		expect(body).toMatchObject({ sla: { metrics: { first_response: { state: "waived", breached: true } } } });
		expect((await waive()).status).toBe(409);
		expect((await waive(lab.owner, "next_response")).status).toBe(409);
		await lab.explained(id);
		expect(await lab.drift()).toBe(0);
	});
});

describe("policies", () => {
	test("an edit is applied to what runs and not to what ended", async () => {
		const running = await lab.open();
		const answered = await lab.open();
		await lab.reply(answered.id);
		const targets = { first_response: { high: 2 * HOUR } };
		const { status } = await lab.owner("PATCH", `/sla-policies/${lab.policyId}`, { body: { targets } });
		expect(status).toBe(200);
		await lab.desk.settle();
		expect((await lab.ticket(running.id)).sla?.metrics.first_response).toMatchObject({
			targetSec: 2 * HOUR,
			dueAt: "2026-04-01T14:00:00.000Z",
			policyVersion: 2,
		});
		expect((await lab.ticket(answered.id)).sla?.metrics.first_response).toMatchObject({
			state: "fulfilled",
			targetSec: HOUR,
			policyVersion: 1,
		});
		for (const { id } of [running, answered]) await lab.explained(id);
		await lab.owner("PATCH", `/sla-policies/${lab.policyId}`, { body: { targets: GOLD.targets } });
		await lab.desk.settle();
	});

	test("an edit of the calendar moves what is due", async () => {
		const { id } = await lab.open();
		const body = { holidays: [{ date: "2026-04-01", name: "A day off" }] };
		expect((await lab.owner("PATCH", `/calendars/${lab.calendarId}`, { body })).status).toBe(200);
		await lab.desk.settle();
		expect((await lab.ticket(id)).sla?.metrics.first_response?.dueAt).toBe("2026-04-02T08:00:00.000Z");
		const { metrics } = await lab.explained(id);
		expect(metrics.first_response?.segments ?? []).toEqual([]);
		await lab.owner("PATCH", `/calendars/${lab.calendarId}`, { body: { holidays: [] } });
		await lab.desk.settle();
		expect((await lab.ticket(id)).sla?.metrics.first_response?.dueAt).toBe("2026-04-01T13:00:00.000Z");
		await lab.explained(id);
		expect(await lab.drift()).toBe(0);
	});

	test("a removed policy leaves its tickets to others or to none", async () => {
		const made = await lab.owner<{ id: string }>("POST", "/sla-policies", {
			body: {
				name: "Platinum",
				calendarId: "always",
				conditions: { all: [{ field: "tags", operator: "contains", value: "platinum" }] },
				targets: { first_response: { high: 600 } },
			},
		});
		const { id } = await lab.open();
		await lab.patch(id, { tags: ["platinum"] });
		expect((await lab.ticket(id)).sla).toMatchObject({ policyName: "Platinum", calendarId: "always" });
		expect((await lab.ticket(id)).sla?.metrics.resolution).toBeUndefined();
		expect((await lab.owner("DELETE", `/sla-policies/${made.body.id}`)).status).toBe(204);
		await lab.desk.settle();
		expect((await lab.ticket(id)).sla).toMatchObject({ policyName: "Gold" });
		await lab.explained(id);
		expect(await lab.drift()).toBe(0);
	});
});

test("imports get the times of their history", async () => {
	const createdAt = "2026-03-30T07:00:00.000Z";
	const { id } = await lab.open({ createdAt, asCustomer: true }, lab.owner);
	await lab.reply(id, { createdAt: "2026-03-30T07:30:00.000Z", status: "pending" });
	await lab.reply(id, { createdAt: "2026-03-30T09:30:00.000Z", asCustomer: true });
	lab.clock.advance(5000);
	await lab.desk.settle();
	const { sla } = await lab.ticket(id);
	expect(sla?.metrics.first_response).toMatchObject({ state: "fulfilled", breached: false, elapsedSec: 1800 });
	expect(sla?.metrics.resolution).toMatchObject({ state: "breached", breachedAt: "2026-03-31T09:00:00.000Z" });
	await lab.reply(id, { createdAt: "2026-03-31T07:30:00.000Z", status: "solved" });
	expect((await lab.ticket(id)).sla?.metrics.resolution).toMatchObject({ state: "fulfilled", breached: false });
	await lab.explained(id);
	expect(await lab.drift()).toBe(0);
});
