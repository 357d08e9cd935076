import type { Clock } from "../../lib/clock.ts";
import type { Piece } from "./packet-seal.ts";

/** How long the rest of a packet is waited for, ms. */
const PATIENCE_MS = 30_000;
/** What unfinished packets may take up together, bytes. */
const MAX_BYTES = 128 * 1024 * 1024;

interface Unfinished {
	pieces: (Buffer | undefined)[];
	missing: number;
	bytes: number;
	since: number;
}

/** Puts packets together again that were too large to be sent in one piece. */
export class PacketPieces {
	private readonly clock: Clock;
	private readonly unfinished = new Map<string, Unfinished>();
	private bytes = 0;

	constructor(clock: Clock) {
		this.clock = clock;
	}

	/** The whole packet, where this was its last piece; else null. */
	add({ packet, index, count, bytes }: Piece): Buffer | null {
		if (count === 1) return bytes;
		const known = this.unfinished.get(packet) ?? this.begin(packet, count);
		if (index >= known.pieces.length || known.pieces[index]) return null;
		known.pieces[index] = bytes;
		known.missing--;
		known.bytes += bytes.length;
		this.bytes += bytes.length;
		if (known.missing > 0) {
			this.makeRoom();
			return null;
		}
		this.forget(packet, known);
		return Buffer.concat(known.pieces as Buffer[], known.bytes);
	}

	private begin(packet: string, count: number): Unfinished {
		const now = this.clock.now().getTime();
		for (const [name, other] of this.unfinished) if (now - other.since > PATIENCE_MS) this.forget(name, other);
		const begun = { pieces: new Array<Buffer | undefined>(count), missing: count, bytes: 0, since: now };
		this.unfinished.set(packet, begun);
		return begun;
	}

	/** The oldest go first. */
	private makeRoom(): void {
		for (const [name, other] of this.unfinished) {
			if (this.bytes <= MAX_BYTES) return;
			this.forget(name, other);
		}
	}

	private forget(packet: string, { bytes }: Unfinished): void {
		if (this.unfinished.delete(packet)) this.bytes -= bytes;
	}
}
