import { openEventLog } from "../../embedded/event-log.ts";
import { systemClock } from "../../lib/clock.ts";
import type { DomainEvent } from "../../lib/event-log.ts";
import { newId } from "../../lib/ids.ts";
import { testEnvironment } from "../support/broker.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";

/*
 * Hundreds of tickets are written while the process is killed again and again. Whatever was acknowledged must be there
 * once; what was not is sent again with the same Idempotency-Key and must not make a second one.
 */

/** Enough for a quick test; `TICKETS=1000` takes its time. */
const TICKETS = Number(process.env.TICKETS ?? 400);
const KILLS = TICKETS < 1000 ? 2 : 4;
const WORKERS = 8;
const TOKEN = "demo-token-of-the-kill-test";

let directory: Awaited<ReturnType<typeof testEnvironment>>;
let running: RunningProcess;

beforeAll(async () => {
	directory = await testEnvironment();
});
afterAll(async () => {
	await running?.kill();
	await directory.cleanup();
});

const start = async () => {
	running = await startProcess({ ...directory.env, DEMO_TOKEN: TOKEN, LOG_LEVEL: "error" });
};

async function api<T>(
	method: string,
	route: string,
	body?: unknown,
	key?: string,
): Promise<{ status: number; body: T }> {
	const response = await fetch(`${running.origin}/api${route}`, {
		method,
		headers: {
			authorization: `Bearer ${TOKEN}`,
			...(body === undefined ? {} : { "content-type": "application/json" }),
			...(key === undefined ? {} : { "idempotency-key": key }),
		},
		...(body === undefined ? {} : { body: JSON.stringify(body) }),
	});
	return { status: response.status, body: (await response.json()) as T };
}

/** Sends one ticket until it is acknowledged, through every restart. */
async function write(
	subject: string,
	customerId: string,
	up: () => Promise<void>,
): Promise<{ id: string; number: number }> {
	const key = newId();
	for (;;) {
		await up();
		const answer = await api<{ id: string; number: number }>(
			"POST",
			"/tickets",
			{ subject, description: "Does it survive?", customerId, asCustomer: true },
			key,
		).catch(() => null);
		if (answer?.status === 201) return answer.body;
		if (answer && ![409, 429, 500, 503, 504].includes(answer.status))
			throw new Error(`answered ${answer.status}: ${JSON.stringify(answer.body)}`);
		if (answer) await new Promise((resolve) => setTimeout(resolve, 50));
	}
}

interface Row {
	id: string;
	subject: string;
	number: number;
}

async function allTickets(): Promise<Row[]> {
	const rows: Row[] = [];
	let cursor = "";
	do {
		const { body } = await api<{ data: Row[]; page: { nextCursor: string | null } }>(
			"GET",
			`/tickets?limit=100&sort=number${cursor}`,
		);
		rows.push(...body.data);
		cursor = body.page.nextCursor ? `&cursor=${body.page.nextCursor}` : "";
	} while (cursor !== "");
	return rows;
}

async function ticketEvents(dataDir: string): Promise<DomainEvent<{ ticket: { subject: string } }>[]> {
	const log = await openEventLog({ dataDir, clock: systemClock });
	const events: DomainEvent<{ ticket: { subject: string } }>[] = [];
	for (let after = 0; ; ) {
		const batch = await log.read({ after, types: ["ticket.created"], limit: 500 });
		if (batch.length === 0) break;
		events.push(...batch.map(({ event }) => event as (typeof events)[number]));
		after = batch.at(-1)?.position ?? after;
	}
	await log.close();
	return events;
}

test("every acknowledged ticket is there once, and its event took effect once, through kill -9", async () => {
	await start();
	const { body: customer } = await api<{ id: string }>("POST", "/customers", { name: "Survivor" });
	let written = 0;
	let restarting: Promise<void> = Promise.resolve();
	const marks = Array.from({ length: KILLS }, (_, index) => Math.round(((index + 0.6) * TICKETS) / (KILLS + 0.5)));
	const acknowledged: Row[] = [];
	let next = 0;
	const worker = async () => {
		while (next < TICKETS) {
			const subject = `Ticket ${next++}`;
			const ticket = await write(subject, customer.id, () => restarting);
			acknowledged.push({ ...ticket, subject });
			if (marks.includes(++written))
				restarting = (async () => {
					await running.kill();
					await start();
				})();
		}
	};
	await Promise.all(Array.from({ length: WORKERS }, worker));
	await restarting;

	const rows = await allTickets();
	const bySubject = (list: { subject: string }[]) => list.map((row) => row.subject).sort();
	expect(bySubject(rows)).toEqual(bySubject(acknowledged));
	expect(new Map(rows.map((row) => [row.id, row.number]))).toEqual(
		new Map(acknowledged.map((row) => [row.id, row.number])),
	);
	expect(new Set(rows.map((row) => row.number)).size).toBe(TICKETS);

	let counters: unknown;
	for (let i = 0; i < 1000; i++) {
		const { body } = await api<{ ticketCounters: { total: number } }>("GET", `/customers/${customer.id}`);
		counters = body.ticketCounters;
		if (body.ticketCounters.total >= TICKETS) break;
		await new Promise((resolve) => setTimeout(resolve, 20));
	}
	expect(counters).toMatchObject({ open: TICKETS, total: TICKETS });

	expect(await running.stop()).toBe(0);
	const events = await ticketEvents(directory.env.DATA_DIR as string);
	expect(bySubject(events.map((event) => event.data.ticket))).toEqual(bySubject(acknowledged));
}, 300_000);
