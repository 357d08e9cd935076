import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredField } from "./entry.ts";
import type { Found } from "./find.ts";
import { Highlighter } from "./highlight.ts";
import type { SearchHit, SearchKind } from "./index-types.ts";
import { lookupChain } from "./match.ts";
import type { Term } from "./plan.ts";
import { type Ranking, Scorer } from "./rank.ts";

/** What hits are told by. */
export interface Telling {
	terms: readonly Term[];
	visible: readonly string[];
	locales: readonly string[];
	ranking(terms: readonly Term[]): Ranking;
}

interface StoredSection {
	ordinal: number;
	anchor: string | null;
	vector: Uint8Array;
}

/** From ranked entries to what is told of them: highlights, the words they fulfil, the section that fits best. */
export class Results {
	readonly #fields: StatementSync;
	readonly #sections: StatementSync;

	constructor(database: DatabaseSync) {
		this.#fields = database.prepare("SELECT fields FROM texts WHERE rid = ?");
		this.#sections = database.prepare("SELECT ordinal, anchor, vector FROM sections WHERE rid = ? ORDER BY ordinal");
	}

	hits(kind: SearchKind, found: readonly Found[], telling: Telling): SearchHit[] {
		if (found.length === 0) return [];
		const highlighter = new Highlighter(telling.terms);
		const scorer = kind === "article" ? new Scorer(telling.ranking(telling.terms)) : null;
		return found.map((entry) => {
			const best = scorer === null ? null : this.#bestSection(entry.rid, scorer);
			const fields = bestFirst(this.#fieldsOf(entry.rid), best?.ordinal ?? 0);
			return {
				id: entry.id,
				...(kind === "article" ? languageOfHit(entry.locale, telling.locales) : {}),
				score: entry.score,
				highlights: highlighter.highlights(fields, telling.visible),
				matchedTerms: [...new Set(telling.terms.filter((_, index) => entry.matched[index]).map(({ typed }) => typed))],
				...(best?.anchor ? { anchor: best.anchor } : {}),
			};
		});
	}

	#fieldsOf(rid: number): StoredField[] {
		const row = this.#fields.get(rid) as { fields: string } | undefined;
		return row === undefined ? [] : (JSON.parse(row.fields) as StoredField[]);
	}

	/** Null where no section has any of the words. */
	#bestSection(rid: number, scorer: Scorer): StoredSection | null {
		let best: StoredSection | null = null;
		let bestScore = 0;
		for (const section of this.#sections.all(rid) as unknown as StoredSection[]) {
			const { score } = scorer.score(section.vector, 1);
			if (score <= bestScore) continue;
			best = section;
			bestScore = score;
		}
		return best;
	}
}

/** The body is told from the section that fits best. */
function bestFirst(fields: readonly StoredField[], ordinal: number): StoredField[] {
	return fields.map((field) => {
		if (field.field !== "body") return field;
		const { texts } = field;
		return {
			...field,
			texts: [...texts.slice(ordinal, ordinal + 1), ...texts.slice(0, ordinal), ...texts.slice(ordinal + 1)],
		};
	});
}

/** Whether it is what was wished for first, also by a shorter tag (`de` for `de-AT`). */
function languageOfHit(locale: string, locales: readonly string[]): { locale: string; fallbackLocale?: string } {
	const isWished = locales.length === 0 || lookupChain(locales.slice(0, 1)).includes(locale.toLowerCase());
	return isWished ? { locale } : { locale, fallbackLocale: locale };
}
