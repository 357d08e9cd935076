/** Small whole numbers for texts: 0 stands for null, the others count from 1 in the order of first use. */
export class Ordinals {
	private readonly numbers = new Map<string, number>();
	private readonly texts: (string | null)[] = [null];

	/** How many there are, null included. */
	get size(): number {
		return this.texts.length;
	}

	/** The number of a text, a new one where it has none yet. */
	of(text: string | null): number {
		if (text === null) return 0;
		const known = this.numbers.get(text);
		if (known !== undefined) return known;
		this.texts.push(text);
		this.numbers.set(text, this.texts.length - 1);
		return this.texts.length - 1;
	}

	/** The number of a text, or -1 where it never got one. */
	find(text: string | null): number {
		return text === null ? 0 : (this.numbers.get(text) ?? -1);
	}

	text(ordinal: number): string | null {
		return this.texts[ordinal] ?? null;
	}
}

/** Small whole numbers for sets of texts, such as a ticket's tags: few different ones are worn by many. 0 is the empty set. */
export class SetOrdinals {
	private readonly numbers = new Map<string, number>([["[]", 0]]);
	private readonly sets: (readonly string[])[] = [[]];

	get size(): number {
		return this.sets.length;
	}

	of(texts: readonly string[]): number {
		if (texts.length === 0) return 0;
		const sorted = [...new Set(texts)].sort();
		const key = JSON.stringify(sorted);
		const known = this.numbers.get(key);
		if (known !== undefined) return known;
		this.sets.push(sorted);
		this.numbers.set(key, this.sets.length - 1);
		return this.sets.length - 1;
	}

	/** For each set, whether it passes: 1 or 0 by its number. */
	passing(test: (texts: readonly string[]) => boolean): Uint8Array {
		return Uint8Array.from(this.sets, (texts) => (test(texts) ? 1 : 0));
	}
}
