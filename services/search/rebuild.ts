import type { Clock } from "../../lib/clock.ts";
import { InTurn } from "../../lib/in-turn.ts";
import { type IndexBuild, SEARCH_KINDS, type SearchIndex, type SearchKind } from "./engine/index-types.ts";
import type { Intakes } from "./feed.ts";
import { BATCH, DOCUMENTS } from "./intake.ts";
import type { Owners } from "./owners.ts";

/** What a build went through. */
export interface Built {
	documents: Record<string, number>;
	ms: number;
}

interface Page {
	count: number;
	next: string | null;
}

/**
 * Builds the index from all that the owners hold, while it is searched and while it follows the events. One that is cut
 * short is begun again at the next start.
 */
export class Rebuild {
	private readonly index: SearchIndex;
	private readonly owners: Owners;
	private readonly intakes: Intakes;
	private readonly clock: Clock;
	private readonly turns = new InTurn();

	constructor(index: SearchIndex, owners: Owners, intakes: Intakes, clock: Clock) {
		this.index = index;
		this.owners = owners;
		this.intakes = intakes;
		this.clock = clock;
	}

	/** One kind or, where none is named or the index is not whole yet, all of them. Never two builds at a time. */
	run(kind?: SearchKind): Promise<Built> {
		return this.turns.run("build", async () => {
			const startedAt = this.clock.now().getTime();
			const whole = kind === undefined || this.index.status().state !== "ready";
			const build = this.index.build();
			const documents: Record<string, number> = {};
			await Promise.all(
				(whole ? SEARCH_KINDS : [kind]).map(async (one) => {
					documents[one] = await this.fill(build, one);
				}),
			);
			build.finish();
			return { documents, ms: this.clock.now().getTime() - startedAt };
		});
	}

	/** Resolves when no build is under way. */
	ended(): Promise<void> {
		return this.turns.run("build", async () => undefined);
	}

	private async fill<K extends SearchKind>(build: IndexBuild, kind: K): Promise<number> {
		let written = 0;
		for (let after: string | null = null; ; ) {
			const page: Page = await this.page(kind, after);
			written += page.count;
			after = page.next;
			if (after === null) break;
		}
		while (await this.intakes[kind].inTurn(async () => build.sweep(kind)));
		return written;
	}

	/** Asked for and written between two batches of the events, whose documents are newer than those of any page before. */
	private page<K extends SearchKind>(kind: K, after: string | null): Promise<Page> {
		return this.intakes[kind].inTurn(async () => {
			const { documents, next } = await this.owners.ask(DOCUMENTS[kind].page, { after, limit: BATCH });
			this.index.put(kind, documents);
			return { count: documents.length, next };
		});
	}
}
