import { openEventLog } from "../embedded/event-log.ts";
import { systemClock } from "../lib/clock.ts";
import type { DomainEvent } from "../lib/event-log.ts";
import { newId } from "../lib/ids.ts";
import type { Ticket } from "../models/ticket.ts";
import { FIRST_NUMBER, openCopier } from "./fill.ts";
import { percentile } from "./measure.ts";

const PER_SECOND = 500;
const BATCH = 25;
const SECONDS = 15;
const POLL_MS = 20;

type Get = <T>(route: string) => Promise<T>;

function created(ticket: Ticket): DomainEvent {
	const { _id, tenantId, number, subject, status, priority, type, channel, customerId, companyId } = ticket;
	const { groupId, assigneeId, followerIds, tags, createdAt } = ticket;
	return {
		id: newId(),
		type: "ticket.created",
		specversion: "1.0",
		source: "tickets",
		tenantId,
		subject: `ticket/${_id}`,
		time: new Date().toISOString(),
		sequence: 1,
		dataSchema: "ticket.created/1",
		correlationId: newId(),
		causationId: null,
		actor: { type: "system", id: "bench", name: "bench" },
		data: {
			ticket: {
				...{ number, subject, status, priority, type, channel, customerId, companyId, groupId, assigneeId },
				...{ followerIds, tags, createdAt: createdAt.toISOString() },
			},
		},
	};
}

/** Asks until something is so; returns how long that took, ms. */
async function until(condition: () => Promise<boolean>): Promise<number> {
	const begin = performance.now();
	while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	return performance.now() - begin;
}

/**
 * Writes 500 tickets a second with their events into a running instance's store, past its API, and measures meanwhile how
 * long it takes until one that was just written can be found, and until the dashboard counts it. Rows of p50 and p99, ms,
 * and how many were written in which time.
 */
export async function lagUnderWrites(dataDir: string, first: number, get: Get): Promise<(string | number)[][]> {
	const copier = await openCopier(dataDir);
	const log = await openEventLog({ dataDir, clock: systemClock });
	const { page } = await get<{ page: { total: number } }>(
		"/dashboard/tickets?metric=created&from=2000-01-01&count=true&limit=1",
	);
	const before = page.total;
	let written = 0;
	let writing = true;
	const write = async () => {
		const begin = performance.now();
		while (written < PER_SECOND * SECONDS) {
			const copies = await copier.add(first + written, BATCH);
			await log.append(copies.map(created));
			written += BATCH;
			const ahead = (written / PER_SECOND) * 1000 - (performance.now() - begin);
			if (ahead > 0) await new Promise((resolve) => setTimeout(resolve, ahead));
		}
		writing = false;
		return performance.now() - begin;
	};
	const found: number[] = [];
	const counted: number[] = [];
	const probe = async () => {
		while (writing) {
			if (written > 0) {
				const number = FIRST_NUMBER + first + written - 1;
				found.push(await until(async () => (await numberFound(get, number)) === number));
			}
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	};
	const count = async () => {
		while (writing) {
			const wanted = before + written;
			counted.push(await until(async () => (await createdTotal(get)) >= wanted));
			await new Promise((resolve) => setTimeout(resolve, POLL_MS));
		}
	};
	const [took] = await Promise.all([write(), probe(), count()]);
	await copier.close();
	await log.close();
	return [
		["until it is found", percentile(found, 0.5), percentile(found, 0.99)],
		["until it is counted", percentile(counted, 0.5), percentile(counted, 0.99)],
		[`${written} written in ${(took / 1000).toFixed(1)} s`, "", ""],
	];
}

async function numberFound(get: Get, number: number): Promise<number | undefined> {
	const { data } = await get<{ data: { number: number }[] }>(`/tickets/search?q=%23${number}&limit=1`);
	return data[0]?.number;
}

async function createdTotal(get: Get): Promise<number> {
	const { kpis } = await get<{ kpis: { created: number } }>("/dashboard/stats?from=2000-01-01");
	return kpis.created;
}
