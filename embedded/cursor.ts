import type { Doc } from "./values.ts";

/** What a cursor still has to ask for when it is first read. */
export interface CursorSource<Options> {
	load(options: Options): Promise<Doc[]>;
	explain(options: Options): Promise<Doc>;
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
	#documents: Promise<unknown[]> | undefined;
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
		const documents = await this.#load();
		const rest = this.#position === 0 ? documents : documents.slice(this.#position);
		this.#position = documents.length;
		return rest;
	}

	async next(): Promise<unknown> {
		const documents = await this.#load();
		return this.#position < documents.length ? documents[this.#position++] : null;
	}

	async hasNext(): Promise<boolean> {
		return this.#position < (await this.#load()).length;
	}

	async forEach(visit: (doc: unknown) => void): Promise<void> {
		for await (const doc of this) visit(doc);
	}

	async explain(): Promise<Doc> {
		return this.#source.explain(this.#options);
	}

	rewind(): void {
		this.#documents = undefined;
		this.#position = 0;
	}

	async close(): Promise<void> {
		this.closed = true;
		this.#documents = Promise.resolve([]);
	}

	async *[Symbol.asyncIterator](): AsyncGenerator<unknown> {
		for (let doc = await this.next(); doc !== null; doc = await this.next()) yield doc;
	}

	#with(options: CursorOptions): this {
		this.#options = { ...this.#options, ...options };
		return this;
	}

	#load(): Promise<unknown[]> {
		this.#documents ??= this.#source.load(this.#options).then((docs) => (this.#map ? docs.map(this.#map) : docs));
		return this.#documents;
	}
}
