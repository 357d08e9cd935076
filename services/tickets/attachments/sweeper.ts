import type { Clock } from "../../../lib/clock.ts";
import type { Blobs } from "../../../mixins/blobs.ts";
import type { Store } from "../../../mixins/store.ts";
import { type Attachment, attachmentModel } from "../../../models/attachment.ts";

/** How long an upload waits for a message, ms. */
export const UNUSED_MS = 24 * 3600 * 1000;

const LOOK_EVERY_MS = 10 * 60_000;
const AT_ONCE = 50;

interface SweeperParts {
	store: Store;
	blobs: Blobs;
	clock: Clock;
	onError(error: unknown): void;
}

/**
 * Removes files that nobody may have any more, and uploads that came with no message for a day, those that broke off
 * too. Any process may do it, several at once too: the document goes last, so that what a crash left is found again.
 */
export class AttachmentSweeper {
	private readonly parts: SweeperParts;
	private timer: NodeJS.Timeout | undefined;
	private sweeping: Promise<void> | null = null;
	private again = false;
	private running = false;
	private expected = false;

	constructor(parts: SweeperParts) {
		this.parts = parts;
		parts.store.onCommitted(async () => {
			if (!this.expected) return;
			this.expected = false;
			this.nudge();
		});
	}

	/** There is something to remove once the transaction under way is committed. */
	expect(): void {
		this.expected = true;
	}

	start(): void {
		this.running = true;
		this.timer = setInterval(() => this.nudge(), LOOK_EVERY_MS).unref();
		this.nudge();
	}

	async stop(): Promise<void> {
		this.running = false;
		clearInterval(this.timer);
		await this.sweeping;
	}

	/** There may be something to remove. */
	private nudge(): void {
		this.again = true;
		if (!this.running || this.sweeping) return;
		this.sweeping = this.run()
			.catch((error: unknown) => this.parts.onError(error))
			.finally(() => {
				this.sweeping = null;
			});
	}

	private async run(): Promise<void> {
		while (this.again && this.running) {
			this.again = false;
			await this.sweep();
		}
	}

	/** Removes everything that is due now; returns how many files. */
	async sweep(): Promise<number> {
		const { store, clock } = this.parts;
		const rows = store.model(attachmentModel);
		let removed = 0;
		for (;;) {
			const due = await rows
				.find({ sweepAt: { $lte: clock.now() } } as never)
				.sort({ sweepAt: 1, _id: 1 })
				.limit(AT_ONCE)
				.lean<Attachment[]>();
			for (const file of due) if (await this.remove(file)) removed++;
			if (due.length < AT_ONCE) return removed;
		}
	}

	private async remove({ _id, tenantId, version, state }: Attachment): Promise<boolean> {
		const { store, blobs } = this.parts;
		const rows = store.model(attachmentModel);
		// First nobody can send it any more; one that was sent just now has another version.
		const mine = { _id, tenantId, version };
		if (state !== "doomed") {
			const { matchedCount } = await rows.updateOne(mine as never, { $set: { state: "doomed" }, $inc: { version: 1 } });
			if (matchedCount === 0) return false;
		}
		await blobs.remove(tenantId, _id);
		await rows.deleteOne({ _id, tenantId, state: "doomed" } as never);
		return true;
	}
}
