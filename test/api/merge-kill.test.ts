import { newId } from "../../lib/ids.ts";
import { testEnvironment } from "../support/broker.ts";
import { type RunningProcess, startProcess } from "../support/process.ts";

/*
 * The process is killed in the middle of a merge, again and again: the merge goes on where it stood, and everything has
 * moved exactly once.
 */

/** Enough for a quick test; `MERGES=8` takes its time. */
const MERGES = Number(process.env.MERGES ?? 2);
/** More than are moved in one transaction. */
const TICKETS = 120;
const TOKEN = "demo-token-of-the-merge-kill-test";

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
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function api<T>(method: string, route: string, body?: unknown, key?: string) {
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

async function must<T>(answer: ReturnType<typeof api<T>>): Promise<T> {
	const { status, body } = await answer;
	if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
	return body;
}

interface Customer {
	id: string;
	ticketCounters: { open: number; total: number };
}
interface Saga {
	id: string;
	status: string;
	log: { step: string; outcome: string }[];
}
interface Ticket {
	id: string;
	customerId: string;
}

const make = (name: string) => must(api<Customer>("POST", "/customers", { name, email: `${newId()}@kill.example` }));

async function ticketsOf(customerId: string): Promise<Ticket[]> {
	const rows: Ticket[] = [];
	for (let cursor = ""; ; ) {
		const route = `/tickets?limit=100&customerId=${customerId}${cursor}`;
		const { data, page } = await must(api<{ data: Ticket[]; page: { nextCursor: string | null } }>("GET", route));
		rows.push(...data);
		if (page.nextCursor === null) return rows;
		cursor = `&cursor=${page.nextCursor}`;
	}
}

/** The saga of the merge of a customer, or undefined where none was begun before the process was killed. */
async function sagaOf(loserId: string): Promise<Saga | undefined> {
	const { data } = await must(api<{ data: Saga[] }>("GET", `/sagas?type=customer.merge&subject=customer/${loserId}`));
	return data[0];
}

test("a merge goes on after every kill, and moves everything once", async () => {
	await start();
	let loser = await make("Lou");
	for (let n = 0; n < TICKETS; n += 20)
		await Promise.all(
			Array.from({ length: 20 }, () =>
				must(api("POST", "/tickets", { subject: "Does it move?", description: "Once.", customerId: loser.id })),
			),
		);
	for (let round = 0; round < MERGES; round++) {
		const survivor = await make("Sue");
		const key = newId();
		const ask = () => api("POST", `/customers/${survivor.id}/merge`, { loserId: loser.id }, key).catch(() => null);
		void ask();
		// Each kill strikes a little later than the one before.
		for (let kill = 0; kill < 3; kill++) {
			await pause(40 + 90 * kill + 25 * round);
			await running.kill();
			await start();
			void ask();
		}
		// The client does what clients do: it asks again until it is answered.
		for (let answer = await ask(); answer === null || answer.status >= 300; answer = await ask()) {
			if (answer && ![409, 503, 504].includes(answer.status)) throw new Error(JSON.stringify(answer));
			await pause(100);
		}
		let saga = await sagaOf(loser.id);
		for (let tries = 0; saga?.status !== "completed" && tries < 300; tries++) {
			await pause(100);
			saga = await sagaOf(loser.id);
		}
		expect(saga).toMatchObject({ status: "completed" });
		// Every step was done once, however often it was tried.
		const done = saga?.log.filter(({ outcome }) => outcome === "done").map(({ step }) => step);
		expect(done).toEqual(["lock", "tickets", "votes", "customers", "tokens", "latecomers", "notes", "unlock"]);
		const [left, moved] = [await ticketsOf(loser.id), await ticketsOf(survivor.id)];
		expect([left.length, moved.length]).toEqual([0, TICKETS]);
		for (const ticket of moved.slice(0, 10)) {
			const { data } = await must(
				api<{ data: { changes: { field: string; to: unknown }[] }[] }>("GET", `/tickets/${ticket.id}/audit`),
			);
			const handed = data.flatMap(({ changes }) => changes).filter(({ field }) => field === "customerId");
			expect(handed.filter(({ to }) => to === survivor.id).length).toBe(1);
		}
		let counted = await must(api<Customer>("GET", `/customers/${survivor.id}`));
		for (let tries = 0; counted.ticketCounters.total !== TICKETS && tries < 100; tries++) {
			await pause(100);
			counted = await must(api<Customer>("GET", `/customers/${survivor.id}`));
		}
		expect(counted.ticketCounters).toMatchObject({ open: TICKETS, total: TICKETS });
		await must(api("PATCH", `/customers/${survivor.id}`, { title: "Free again" }));
		loser = survivor;
	}
}, 180_000);
