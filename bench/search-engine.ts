import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SearchDocuments } from "../services/search/engine/index-types.ts";
import { openSearchIndex } from "../services/search/engine/search-index.ts";

/*
 * How long the search index takes by itself: `node bench/search-engine.ts [tickets] [tenants]`, 100,000 of one tenant by
 * default. Words are made up and spread as in real text (Zipf), about 200 in a ticket.
 * Times are of the processor.
 */

const TICKETS = Number(process.argv[2] ?? 100_000);
const TENANTS = Number(process.argv[3] ?? 1);
const VOCABULARY = 80_000;
const BATCH = 100;
const ROUNDS = 200;

let seed = 7;
/** Numerical Recipes' linear congruential generator: the same words in every run. */
function random(): number {
	seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
	return seed / 2 ** 32;
}
const upTo = (limit: number) => Math.floor(random() * limit);

const SYLLABLES =
	"ba be bo ca ce co da de di fa fe ga go ha he in ka la le lo ma me mi na ne no or pa pe ra re ri sa se si ta te ti to un ve vo wa we".split(
		" ",
	);
const word = (rank: number): string => {
	let text = "";
	for (let rest = rank + 40; rest > 0; rest = Math.floor(rest / SYLLABLES.length))
		text += SYLLABLES[rest % SYLLABLES.length];
	return text;
};
const words = Array.from({ length: VOCABULARY }, (_, rank) => word(rank));
const anyWord = () => words[Math.floor(Math.exp(random() * Math.log(VOCABULARY))) - 1] as string;
const text = (length: number) => Array.from({ length }, anyWord).join(" ");
const tenant = (n: number) => `tenant-${n}`;

function ticket(n: number): SearchDocuments["ticket"] {
	const at = new Date(Date.UTC(2025, 0, 1) + n * 60_000).toISOString();
	return {
		id: `ticket-${String(n).padStart(8, "0")}`,
		tenantId: tenant(n % TENANTS),
		version: 1,
		updatedAt: at,
		createdAt: at,
		gone: false,
		audience: ["*", `g:${n % 10}`, `u:${n % 50}`],
		customerAudience: [`c:${n % 5000}`],
		number: n + 1,
		subject: text(7),
		status: ["open", "pending", "solved"][n % 3] as string,
		priority: "normal",
		type: "question",
		channel: "email",
		groupId: `${n % 10}`,
		assigneeId: `${n % 50}`,
		customerId: `${n % 5000}`,
		companyId: null,
		tags: [words[n % 30] as string],
		requester: { name: text(2), email: `${anyWord()}.${anyWord()}@example.com`, nameIsMasked: false },
		custom: [],
		publicMessages: [text(90), text(60)],
		internalNotes: n % 3 === 0 ? [text(40)] : [],
	};
}

const folder = mkdtempSync(join(tmpdir(), "search-bench-"));
const file = join(folder, "search.db");
const index = openSearchIndex({ file });
const MB = 1024 * 1024;
/** Milliseconds of processor time: what else the machine does is not counted. */
const cpu = () => {
	const { user, system } = process.cpuUsage();
	return (user + system) / 1000;
};

function fill(): void {
	const build = index.build();
	const started = cpu();
	let slowest = 0;
	for (let n = 0; n < TICKETS; n += BATCH) {
		const documents = Array.from({ length: Math.min(BATCH, TICKETS - n) }, (_, at) => ticket(n + at));
		const before = cpu();
		index.put("ticket", documents);
		slowest = Math.max(slowest, cpu() - before);
	}
	build.finish();
	const seconds = (cpu() - started) / 1000;
	const size = Math.round(statSync(file).size / MB);
	console.log(
		`${TICKETS} tickets of ${TENANTS} tenants: ${Math.round(TICKETS / seconds)}/s, slowest ${BATCH} ${slowest.toFixed(0)} ms`,
	);
	console.log(`file ${size} MB, RSS ${Math.round(process.memoryUsage().rss / MB)} MB`);
}

function measure(name: string, rounds: number, work: (round: number) => number): void {
	const times: number[] = [];
	let hits = 0;
	for (let round = 0; round < rounds; round++) {
		const before = cpu();
		hits += work(round);
		times.push(cpu() - before);
	}
	times.sort((a, b) => a - b);
	const at = (share: number) =>
		(times[Math.min(times.length - 1, Math.floor(times.length * share))] as number).toFixed(1);
	console.log(
		`${name.padEnd(28)} p50 ${at(0.5)}  p95 ${at(0.95)}  p99 ${at(0.99)}  max ${at(1)} ms, hits ${(hits / rounds).toFixed(1)}`,
	);
}

interface Extra {
	count?: boolean;
	scope?: { kind: "audience" | "customerAudience"; words: string[] };
	filters?: Record<string, { in?: string[]; gte?: string }>;
}
function find(query: string, extra: Extra = {}): number {
	const scope = { kind: "audience" as const, words: ["*"] };
	return index.search({ kind: "ticket", tenantId: tenant(upTo(TENANTS)), query, scope, limit: 20, ...extra }).hits
		.length;
}

const middling = () => words[200 + upTo(4000)] as string;
const common = () => words[upTo(20)] as string;
const misspelt = () => {
	let right = middling();
	while (right.length < 6) right = middling();
	const at = 1 + upTo(right.length - 2);
	return right.slice(0, at) + right.slice(at + 1);
};

fill();
measure("one word", ROUNDS, () => find(middling()));
measure("two words", ROUNDS, () => find(`${middling()} ${middling()}`));
measure("common and middling", ROUNDS, () => find(`${common()} ${middling()}`));
measure("one common", ROUNDS, () => find(common()));
measure("two common", ROUNDS, () => find(`${common()} ${common()}`));
measure("two common, counted", ROUNDS, () => find(`${common()} ${common()}`, { count: true }));
measure("two letters", ROUNDS, () => find(middling().slice(0, 2)));
measure("three letters", ROUNDS, () => find(middling().slice(0, 3)));
measure("word and beginning", ROUNDS, () => find(`${middling()} ${middling().slice(0, 3)}`));
measure("misspelt", ROUNDS, () => find(misspelt()));
measure("two misspelt", ROUNDS, () => find(`${misspelt()} ${misspelt()}`));
measure("six words", ROUNDS, () => find(Array.from({ length: 6 }, anyWord).join(" ")));
measure("sixteen words", 50, () => find(Array.from({ length: 16 }, anyWord).join(" ")));
measure("group, common", ROUNDS, () =>
	find(common(), { scope: { kind: "audience", words: ["g:3", "u:7"] }, count: true }),
);
measure("customer, common", ROUNDS, (n) =>
	find(common(), { scope: { kind: "customerAudience", words: [`c:${n}`] }, count: true }),
);
measure("status, two words", ROUNDS, () =>
	find(`${common()} ${middling()}`, { filters: { status: { in: ["open"] } } }),
);
measure("since, common", 50, () =>
	find(common(), { filters: { createdAt: { gte: "2025-03-08T00:00:00Z" } }, count: true }),
);
measure("filter alone", 50, () => find("status:open", { count: true }));
measure("replace one", ROUNDS, (n) => {
	index.put("ticket", [{ ...ticket(n), version: 2 }]);
	return 1;
});
console.log(`RSS ${Math.round(process.memoryUsage().rss / MB)} MB`);
index.close();
rmSync(folder, { recursive: true });
