function progress(what: string, done: number, all: number): void {
	const line = `${what} ${done}/${all}`;
	if (process.stdout.isTTY) process.stdout.write(`\r${line}${done === all ? "\n" : ""}`);
	else if (done === all) console.log(line);
}

/** Does `work` for 0 … count-1, a few at a time, showing how far it is. */
export async function each<T>(what: string, count: number, work: (index: number) => Promise<T>): Promise<T[]> {
	const results: T[] = new Array(count);
	let next = 0;
	let done = 0;
	const worker = async () => {
		while (next < count) {
			const index = next++;
			results[index] = await work(index);
			progress(what, ++done, count);
		}
	};
	await Promise.all(Array.from({ length: 4 }, worker));
	return results;
}
