import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { startCluster, type TestCluster } from "../support/cluster.ts";
import { livePromisedTicket } from "../support/promised-ticket.ts";

/*
 * The same life of a ticket as on one machine, in processes of their own on real servers. The tickets service is killed
 * with -9 in every step of it; the clock of all processes is moved by what is loaded before them, not by the product.
 */

const PRELOADED = path.resolve(import.meta.dirname, "../support/shifted-clock.ts");
const folder = mkdtempSync(path.join(tmpdir(), "conductor-clock-"));
const file = path.join(folder, "ahead-ms");

/** Whole at any time, for whoever reads it. */
function setAhead(ms: number): void {
	writeFileSync(`${file}.new`, String(ms));
	renameSync(`${file}.new`, file);
}

let cluster: TestCluster | null;

beforeAll(async () => {
	setAhead(Date.parse("2026-11-27T15:00:00.000Z") - Date.now());
	const env = { NODE_OPTIONS: `--import ${PRELOADED}`, SHIFTED_CLOCK: file };
	cluster = await startCluster({ env });
}, 120_000);
afterAll(async () => {
	await cluster?.end();
	rmSync(folder, { recursive: true });
}, 60_000);

test("a ticket lives its life while the service that holds it is killed in every step", async () => {
	if (!cluster) return;
	const { origins, platformToken } = cluster;
	const tickets = cluster.process("tickets.1");
	await livePromisedTicket(
		{
			origins,
			platformToken,
			at: async (instant) => setAhead(Date.parse(instant) - Date.now()),
			meanwhile: async () => {
				await tickets.kill();
				await tickets.start();
			},
		},
		"gold",
	);
}, 400_000);
