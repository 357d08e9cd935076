import { FIRST_NUMBER } from "./fill.ts";
import { latencies, percentile } from "./measure.ts";
import { randomNumbers, wordOf } from "./words.ts";

const ROUNDS = 200;
const POLL_MS = 100;

type Get = <T>(route: string) => Promise<T>;

/** Words that neither stand everywhere nor hardly anywhere. */
const random = randomNumbers(11);
const word = () => wordOf(100 + Math.floor(random() * 4000));
const withoutALetter = (text: string) => {
	const at = 1 + Math.floor(random() * (text.length - 2));
	return text.slice(0, at) + text.slice(at + 1);
};

const QUERIES: [string, () => string][] = [
	["one word", word],
	["two words", () => `${word()} ${word()}`],
	["prefix of three letters", () => word().slice(0, 3)],
	["a word and a prefix", () => `${word()} ${word().slice(0, 3)}`],
	["a typo", () => withoutALetter(`${word()}${word()}`.slice(0, 9))],
];

async function isFound(get: Get, number: number): Promise<boolean> {
	const { data } = await get<{ data: { number: number }[] }>(`/tickets/search?q=%23${number}&limit=1`);
	return data[0]?.number === number;
}

/** Resolves when the last of so many copies can be found; returns how long that took, ms. */
export async function indexed(get: Get, size: number): Promise<number> {
	const begin = performance.now();
	while (!(await isFound(get, FIRST_NUMBER + size - 1))) await new Promise((resolve) => setTimeout(resolve, POLL_MS));
	return performance.now() - begin;
}

/** How long searches take over HTTP, one after the other: a row for each kind, with p50 and p99 in ms. */
export async function searchTimes(get: Get): Promise<(string | number)[][]> {
	const rows: (string | number)[][] = [];
	for (const [name, query] of QUERIES) {
		const times = await latencies(ROUNDS, () => get(`/tickets/search?q=${encodeURIComponent(query())}`));
		rows.push([name, percentile(times, 0.5), percentile(times, 0.99)]);
	}
	return rows;
}
