/*
 * The forward side of the index: which words an entry has, how often, in which column. With it an entry is scored without
 * its text, and taken out of the dictionary when it goes.
 */

/** One word of an entry in one column. */
export interface Posting {
	term: number;
	column: number;
	/** at most 255 */
	count: number;
}

/** The words of an entry, read in place. */
export interface Vector {
	terms: Uint32Array;
	/** column in the upper, count in the lower byte */
	places: Uint16Array;
	/** words of each column */
	lengths: Uint16Array;
}

const MAX_COUNT = 0xff;
const MAX_LENGTH = 0xffff;

/** Bytes to store: number of postings, term of each, place of each, lengths of the columns (little endian as the machine). */
export function encodeVector(postings: readonly Posting[], lengths: readonly number[]): Uint8Array {
	const { length } = postings;
	const buffer = new ArrayBuffer(4 + length * 6 + lengths.length * 2);
	new Uint32Array(buffer, 0, 1)[0] = length;
	const terms = new Uint32Array(buffer, 4, length);
	const places = new Uint16Array(buffer, 4 + length * 4, length);
	postings.forEach(({ term, column, count }, index) => {
		terms[index] = term;
		places[index] = (column << 8) | Math.min(count, MAX_COUNT);
	});
	new Uint16Array(buffer, 4 + length * 6).set(lengths.map((count) => Math.min(count, MAX_LENGTH)));
	return new Uint8Array(buffer);
}

export function decodeVector(stored: Uint8Array): Vector {
	const { buffer, byteOffset, byteLength } = stored.byteOffset % 4 === 0 ? stored : stored.slice();
	const length = new Uint32Array(buffer, byteOffset, 1)[0] as number;
	return {
		terms: new Uint32Array(buffer, byteOffset + 4, length),
		places: new Uint16Array(buffer, byteOffset + 4 + length * 4, length),
		lengths: new Uint16Array(buffer, byteOffset + 4 + length * 6, (byteLength - 4 - length * 6) / 2),
	};
}
