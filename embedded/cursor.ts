import type { Batch, Rest } from "./batches.ts";
import type { Doc } from "./values.ts";

/** Where a cursor's documents come from. */
export interface CursorSource<Options> {
	/** Reads the first `size` documents, or those that `rest` has left. */
	load(options: Options, size: number, rest: Rest | undefined): Promise<Batch>;
	explain(options: Options): Promise<Doc>;
}

/** Documents read at a time when they are asked for one by one. */
const BATCH = 500;

/** A source whose documents all come at once. */
export function atOnce<Options>(load: () => Promise<Doc[]>, explain?: () => Promise<Doc>): CursorSource<Options> {
	return {
		load: async () => ({ documents: await load(), rest: undefined }),
		explain: explain ?? (async () => ({})),
	};
}

interface CursorOptions {
	sort?: unknown;
	limit?: number;
	skip?: number;
	projection?: unknown;
	hint?: unknown;
}

/** A cursor like the MongoDB driver's, read on first use. */
export class SqliteCursor {
	readonly #source: CursorSource<CursorOptions>;
	#options: CursorOptions;
	#map: ((doc: Doc) => unknown) | undefined;
	#batch: Promise<unknown[]> | undefined;
	#rest: Rest | undefined;
	#position = 0;
	closed = false;

	constructor(source: CursorSource<CursorOptions>, options: CursorOptions = {}) {
		this.#source = source;
		this.#options = { ...options };
	}

	sort(sort: unknown): this {
		return this.#with({ sort });
	}

	limit(limit: number): this {
		return this.#with({ limit });
	}

	skip(skip: number): this {
		return this.#with({ skip });
	}

	project(projection: unknown): this {
		return this.#with({ projection });
	}

	hint(hint: unknown): this {
		return this.#with({ hint });
	}

	map(change: (doc: Doc) => unknown): this {
		this.#map = change;
		return this;
	}

	batchSize(): this {
		return this;
	}

	addCursorFlag(): this {
		return this;
	}

	async toArray(): Promise<unknown[]> {
		if (!this.#batch) {
			const all = await this.#read(Number.POSITIVE_INFINITY);
			this.#position = all.length;
			return all;
		}
		const rest: unknown[] = [];
		for await (const doc of this) rest.push(doc);
		return rest;
	}

	async next(): Promise<unknown> {
		const batch = await this.#current();
		return this.#position < batch.length ? batch[this.#position++] : null;
	}

	async hasNext(): Promise<boolean> {
		return this.#position < (await this.#current()).length;
	}

	async forEach(visit: (doc: unknown) => void): Promise<void> {
		for await (const doc of this) visit(doc);
	}

	async explain(): Promise<Doc> {
		return this.#source.explain(this.#options);
	}

	rewind(): void {
		this.#batch = undefined;
		this.#rest = undefined;
		this.#position = 0;
	}

	async close(): Promise<void> {
		this.closed = true;
		this.#batch = Promise.resolve([]);
		this.#rest = undefined;
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
		for (let doc = await this.next(); doc !== null; doc = await this.next()) yield doc;
	}

	#with(options: CursorOptions): this {
		this.#options = { ...this.#options, ...options };
		return this;
	}

	/** The batch with the next document in it, or the last one. */
	async #current(): Promise<unknown[]> {
		let batch = await (this.#batch ?? this.#read(BATCH));
		while (this.#position >= batch.length && this.#rest) batch = await this.#read(BATCH);
		return batch;
	}

	#read(size: number): Promise<unknown[]> {
		this.#position = 0;
		this.#batch = this.#source.load(this.#options, size, this.#rest).then(({ documents, rest }) => {
			this.#rest = rest;
			return this.#map ? documents.map(this.#map) : documents;
		});
		return this.#batch;
	}
}
