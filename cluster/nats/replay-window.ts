const BLOCK_BITS = 32;
const BLOCKS = 64;

/** How far behind the greatest number one may come and still be told apart from a repeat. */
export const REPLAY_WINDOW = BLOCK_BITS * (BLOCKS - 1);

/**
 * Remembers which numbers of a growing sequence have been seen, in memory that does not grow: those of a window behind
 * the greatest one; whatever is older counts as seen. A sliding window without bit shifting, as in RFC 6479.
 */
export class ReplayWindow {
	private readonly blocks = new Uint32Array(BLOCKS);
	private greatest = -1;

	/** Whether a number (whole, from 0) is new; from now on it is not. */
	accept(number: number): boolean {
		if (number <= this.greatest - REPLAY_WINDOW) return false;
		const block = Math.floor(number / BLOCK_BITS);
		if (number > this.greatest) this.advance(block);
		if (number > this.greatest) this.greatest = number;
		const index = block % BLOCKS;
		const seen = this.blocks[index] ?? 0;
		const bit = 1 << (number % BLOCK_BITS);
		if ((seen & bit) !== 0) return false;
		this.blocks[index] = seen | bit;
		return true;
	}

	/** The window moves on to a block: those that come into it anew are empty. */
	private advance(block: number): void {
		const current = this.greatest < 0 ? -1 : Math.floor(this.greatest / BLOCK_BITS);
		const steps = Math.min(block - current, BLOCKS);
		for (let step = 0; step < steps; step++) this.blocks[(block - step) % BLOCKS] = 0;
	}
}
