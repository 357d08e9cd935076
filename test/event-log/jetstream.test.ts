import { randomUUID } from "node:crypto";
import { cp, rm } from "node:fs/promises";
import { connect, type NatsConnection } from "nats";
import { type JetStreamLogOptions, openJetStreamLog } from "../../cluster/event-log/event-log.ts";
import type { DomainEvent, EventLog } from "../../lib/event-log.ts";
import { domainEvent } from "../support/domain-event.ts";
import { manualClock } from "../support/manual-clock.ts";
import { hasNatsServer, startNats, type TestNats } from "../support/nats.ts";

const LEASE = 400;
const GROUP = "dashboard";
const quiet = { error: () => {}, warn: () => {} };

let nats: TestNats;
let deployment: string;
let logs: EventLog[];

const whenThere = hasNatsServer() ? describe : describe.skip;

async function open(options: Partial<JetStreamLogOptions> = {}): Promise<EventLog> {
	const log = await openJetStreamLog({
		url: nats.url,
		deployment,
		pollMs: 5,
		leaseMs: LEASE,
		logger: quiet,
		...options,
	});
	logs.push(log);
	return log;
}

async function until(fits: () => boolean | Promise<boolean>): Promise<void> {
	while (!(await fits())) await new Promise((resume) => setTimeout(resume, 5));
}

whenThere("an event log in JetStream", () => {
	beforeEach(async () => {
		nats = (await startNats()) as TestNats;
		deployment = `test-${randomUUID()}`;
		logs = [];
	});

	afterEach(async () => {
		nats.thaw();
		await Promise.all(logs.map((log) => log.close()));
		await nats.stop();
	});

	test("groups, parked events and dead letters are there after a restart of server and processes", async () => {
		const clock = manualClock();
		const options = { clock, retryDelays: [1_000], random: () => 0.5 };
		const first = await open(options);
		const seen: string[] = [];
		let broken = true;
		const join = (log: EventLog) =>
			log.subscribe({
				group: GROUP,
				types: ["*"],
				handler: async ({ subject }, { attempt }) => {
					if (broken && subject !== "ticket/1") throw new Error("down");
					seen.push(`${subject}/${attempt}`);
				},
			});
		const subscription = await join(first);
		await first.append([domainEvent({ subject: "ticket/2" }), domainEvent({ subject: "ticket/1" })]);
		await subscription.idle();
		clock.advance(2_000);
		await subscription.idle();
		await first.append([domainEvent({ subject: "ticket/3" })]);
		await subscription.idle();
		await first.close();
		await nats.restart();

		const second = await open(options);
		expect(await second.status()).toMatchObject([{ position: 3, lag: 0, parked: 1, dead: 1, active: false }]);
		const [letter] = await second.deadLetters.list({ group: GROUP, limit: 10 });
		expect(letter).toMatchObject({ error: "Error: down", attempts: 2, event: { subject: "ticket/2" } });
		broken = false;
		expect(await second.deadLetters.replay(letter?.id ?? 0)).toBe(true);
		expect(await second.deadLetters.get(letter?.id ?? 0)).toBeNull();
		clock.advance(2_000);
		const again = await join(second);
		await again.idle();
		expect(seen.sort()).toEqual(["ticket/1/1", "ticket/2/1", "ticket/3/2"]);
	});

	test("an event without tenant, of another tenant or with a broken body never reaches a handler", async () => {
		const log = await open();
		const raw: NatsConnection = await connect({ servers: nats.url });
		const subject = `${deployment}.events.acme.ticket.created`;
		const bodies = [
			JSON.stringify(domainEvent({ tenantId: undefined as unknown as string })),
			JSON.stringify(domainEvent({ tenantId: "other" })),
			"{",
			"null",
		];
		for (const body of bodies) await raw.jetstream().publish(subject, body);
		await raw.close();
		const good = domainEvent();
		await log.append([good]);
		const seen: DomainEvent[] = [];
		const subscription = await log.subscribe({
			group: GROUP,
			types: ["ticket.created"],
			handler: async (event) => void seen.push(event),
		});
		await subscription.idle();
		expect(seen).toEqual([good]);
		const dead = await log.deadLetters.list({ limit: 10 });
		expect(dead.map(({ position, error, attempts }) => ({ position, error, attempts }))).toEqual([
			{ position: 1, error: expect.stringContaining("it has no tenantId"), attempts: 1 },
			{ position: 2, error: expect.stringContaining("another tenant"), attempts: 1 },
			{ position: 3, error: expect.stringContaining("it is not JSON"), attempts: 1 },
			{ position: 4, error: expect.stringContaining("must be an object"), attempts: 1 },
		]);
	});

	test("tenants, types and groups of any text are kept apart", async () => {
		const log = await open();
		const tenants = ["a.b", "a", "*", ">", "ä b%", "a.b.ticket"];
		await log.append(tenants.map((tenantId) => domainEvent({ tenantId })));
		for (const tenantId of tenants) {
			const read = await log.read({ tenantId, limit: 10 });
			expect(read.map(({ event }) => event.tenantId)).toEqual([tenantId]);
		}
		const seen: string[] = [];
		const subscription = await log.subscribe({
			group: "search ä.*>",
			types: ["ticket.*"],
			handler: async ({ tenantId }) => void seen.push(tenantId),
		});
		await subscription.idle();
		expect(seen.sort()).toEqual([...tenants].sort());
		expect(await log.status()).toMatchObject([{ group: "search ä.*>", lag: 0 }]);
	});

	test("starts before the server does", async () => {
		await nats.kill();
		const said: string[] = [];
		const opening = open({ logger: { error: () => {}, warn: (message) => void said.push(message) } });
		await until(() => said.length > 0);
		await nats.restart();
		const log = await opening;
		await log.append([domainEvent()]);
		expect(await log.read({ limit: 10 })).toHaveLength(1);
		expect(said[0]).toContain("waits for NATS");
	});

	test("while the server is away appends are refused within seconds, and nothing is lost when it is back", async () => {
		const log = await open();
		const seen: number[] = [];
		let returns = 0;
		log.onReturn?.(() => returns++);
		await log.subscribe({ group: GROUP, types: ["*"], handler: async ({ sequence }) => void seen.push(sequence) });
		const [first, second, third] = [1, 2, 3].map((sequence) => domainEvent({ sequence })) as [
			DomainEvent,
			DomainEvent,
			DomainEvent,
		];
		await log.append([first]);
		await log.ping();
		await nats.kill();
		const began = performance.now();
		const outcomes = await Promise.allSettled([log.append([second, third]), log.append([third]), log.ping()]);
		expect(performance.now() - began).toBeLessThan(8_000);
		expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
		await nats.restart();
		await log.append([second, third]);
		await until(() => seen.length >= 3);
		expect(seen).toEqual([1, 2, 3]);
		expect(returns).toBe(1);
		await log.ping();
	});

	test("an append that meets a restart of the server waits for it", async () => {
		const log = await open();
		await nats.kill();
		const appending = log.append([domainEvent({ sequence: 1 }), domainEvent({ sequence: 2 })]);
		await nats.restart();
		await appending;
		expect((await log.read({ limit: 10 })).map(({ event }) => event.sequence)).toEqual([1, 2]);
	});

	test("a frozen server makes calls fail, not hang", async () => {
		const log = await open();
		await nats.freeze();
		const began = performance.now();
		await expect(log.append([domainEvent()])).rejects.toThrow("did not store");
		await expect(log.ping()).rejects.toThrow();
		await expect(log.status()).rejects.toThrow();
		expect(performance.now() - began).toBeLessThan(20_000);
		nats.thaw();
		await log.append([domainEvent({ sequence: 2 })]);
		await log.ping();
	});

	test("events the server lost after it acknowledged them: groups pass over nothing that takes their places", async () => {
		const log = await open();
		const seen: number[] = [];
		const handler = async ({ sequence }: DomainEvent) => void seen.push(sequence);
		const subscription = await log.subscribe({ group: GROUP, types: ["*"], handler });
		const append = (sequence: number) => log.append([domainEvent({ subject: `ticket/${sequence}`, sequence })]);
		const streams = `${nats.folder}/jetstream/$G/streams`;
		const stream = `${streams}/${deployment.toUpperCase()}_EVENTS`;
		await append(1);
		await subscription.idle();
		await nats.kill();
		await cp(stream, `${nats.folder}/before`, { recursive: true });
		await nats.restart();
		await append(2);
		await append(3);
		await until(() => seen.length >= 3);
		await subscription.idle();
		await nats.kill();
		await rm(stream, { recursive: true });
		await cp(`${nats.folder}/before`, stream, { recursive: true });
		await nats.restart();
		// They get the positions of those that are gone.
		await append(4);
		await append(5);
		await append(6);
		await until(() => [4, 5, 6].every((sequence) => seen.includes(sequence)));
		expect((await log.read({ limit: 10 })).map(({ event }) => event.sequence)).toEqual([1, 4, 5, 6]);
	});

	test("types that are not asked for are told of, and do not wait", async () => {
		const log = await open();
		const passed: string[] = [];
		const subscription = await log.subscribe({
			group: GROUP,
			types: ["ticket.solved"],
			handler: async () => {},
			passed: ({ type }) => void passed.push(type),
		});
		await log.append(["ticket.created", "ticket.solved", "ticket.merged"].map((type) => domainEvent({ type })));
		await subscription.idle();
		expect(passed).toEqual(["ticket.created", "ticket.merged"]);
	});

	test("redaction puts new words in the place of old ones, in events and dead letters", async () => {
		const log = await open({ retryDelays: [] });
		const events = [1, 2, 3].map((sequence) => domainEvent({ sequence, data: { name: "Ada" } }));
		const subscription = await log.subscribe({
			group: GROUP,
			types: ["*"],
			handler: async ({ sequence, data }) => {
				if (sequence === 1 && (data as { name: string }).name === "Ada") throw new Error("down");
			},
		});
		await log.append(events);
		await log.append([domainEvent({ tenantId: "other", data: { name: "Ada" } })]);
		await subscription.idle();
		const rewrite = (event: DomainEvent) =>
			(event.data as { name: string }).name === "Ada" ? { ...event, data: { name: "erased" } } : null;
		const first = await log.redact({ tenantId: "acme", after: 0, limit: 2, rewrite });
		expect(first.position).toBe(2);
		const rest = await log.redact({ tenantId: "acme", after: first.position ?? 0, limit: 10, rewrite });
		expect(rest).toEqual({ rewritten: 1, position: null });
		await subscription.idle();
		const read = await log.read({ tenantId: "acme", limit: 10 });
		expect(read.map(({ event }) => [event.id, event.data])).toEqual(events.map(({ id }) => [id, { name: "erased" }]));
		expect(await log.read({ tenantId: "other", limit: 10 })).toMatchObject([{ event: { data: { name: "Ada" } } }]);
		expect(await log.deadLetters.list({ tenantId: "acme", limit: 10 })).toMatchObject([
			{ event: { data: { name: "erased" } } },
		]);
		expect(await log.redact({ tenantId: "acme", after: 0, limit: 10, rewrite })).toEqual({
			rewritten: 0,
			position: null,
		});
	});
});
