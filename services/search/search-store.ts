import type { ServiceBroker } from "moleculer";
import type { Runtime } from "../../mixins/runtime.ts";
import { Store } from "../../mixins/store.ts";
import type { SearchIndex } from "./engine/index-types.ts";
import { openSearchIndex } from "./engine/search-index.ts";
import { Feed, type Intakes } from "./feed.ts";
import { type IndexPlace, takeIndexPlace } from "./index-place.ts";
import { Intake } from "./intake.ts";
import { Owners } from "./owners.ts";
import { Rebuild } from "./rebuild.ts";
import { removeTenant } from "./tenant-partition.ts";

/** The service's own database, by another name than the index, which lies beside it. */
const DATABASE = "search-keys";

/** What the service tells its log. */
export interface SearchLog {
	warn(error: unknown, text: string): void;
}

/** What the files of this service share: the index, and what keeps it up to date. */
export class Search {
	readonly runtime: Runtime;
	/** holds nothing but the key that seals cursors */
	readonly store: Store;
	readonly owners: Owners;
	private readonly log: SearchLog;
	private building: Promise<void> | null = null;
	private opened: { place: IndexPlace; index: SearchIndex; feed: Feed; rebuild: Rebuild; intakes: Intakes } | null =
		null;

	constructor(runtime: Runtime, broker: () => ServiceBroker, log: SearchLog) {
		this.runtime = runtime;
		this.log = log;
		this.store = new Store(runtime, DATABASE, [], (error) => log.warn(error, "the search service's store failed"));
		this.owners = new Owners(broker, (error, name) =>
			log.warn(error, `${name} does not answer: the index waits for it`),
		);
	}

	private get parts() {
		if (!this.opened) throw new Error("the search service has not started yet");
		return this.opened;
	}

	get index(): SearchIndex {
		return this.parts.index;
	}

	get feed(): Feed {
		return this.parts.feed;
	}

	get intakes(): Intakes {
		return this.parts.intakes;
	}

	get rebuild(): Rebuild {
		return this.parts.rebuild;
	}

	warn(error: unknown, text: string): void {
		this.log.warn(error, text);
	}

	/**
	 * Opens the index, which is derived from what the services hold and may be removed at any time, and begins to follow
	 * the events. Where it is not whole, or the event log no longer knows where it was, it is built meanwhile.
	 */
	async start(): Promise<void> {
		const { config, clock, events } = this.runtime;
		const place = takeIndexPlace(config.dataDir, config.natsUrl !== null);
		const index = openSearchIndex({ file: place.file, clock });
		const intakes: Intakes = {
			ticket: new Intake("ticket", index, this.owners),
			customer: new Intake("customer", index, this.owners),
			article: new Intake("article", index, this.owners),
		};
		const feed = new Feed(place.group, events, this.owners, intakes, (tenantId) => removeTenant(index, tenantId));
		const rebuild = new Rebuild(index, this.owners, intakes, clock);
		this.opened = { place, index, feed, rebuild, intakes };
		this.store.onStop(() => this.stop());
		const isWhole = index.status().state === "ready" && (await feed.isKnown());
		await feed.start({ from: isWhole ? "beginning" : "now" });
		if (!isWhole) this.build();
	}

	/** Asks the index. Where its file turns out to be damaged, it is built anew, and the question ends with 503. */
	asking<T>(question: () => T): T {
		try {
			return question();
		} catch (error) {
			if (this.index.status().state === "new") this.build();
			throw error;
		}
	}

	/** Builds the index where no build is under way. */
	private build(): void {
		if (this.building) return;
		this.building = this.rebuild
			.run()
			.catch((error: unknown) => {
				if (!this.owners.stopped) this.log.warn(error, "the index was not built; the next start goes on");
			})
			.then(() => {
				this.building = null;
			});
	}

	private async stop(): Promise<void> {
		this.owners.stop();
		await this.feed.stop();
		await this.rebuild.ended();
		this.index.close();
		this.parts.place.release();
	}
}
